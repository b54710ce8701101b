/** What a suite of upstream's compares, in words. Names that are not here show as they are. */
const SUITES: Readonly<Record<string, string>> = {
  kubeproxy_rules: 'kube-proxy: the rules it writes, line for line',
  kubeproxy_flows: 'kube-proxy: what becomes of packets',
  kubeproxy_categorize_endpoints: 'kube-proxy: which endpoints count',
  coredns_queries: 'CoreDNS: answers to queries',
  cni_hostlocal_ipam: 'host-local: which address a pod gets',
  kubernetes_fields: 'Kubernetes: fields of its objects',
  k8s_e2e_netpol: 'Kubernetes: its own tests of NetworkPolicies',
  cyclonus_netpol: 'Cyclonus: who reaches whom under generated NetworkPolicies',
  knp_packet_tables: 'kube-network-policies: what becomes of packets',
  npa_policy_assistant: 'Policy assistant: policies of namespaces and of administrators together',
  cnp_conformance: 'ClusterNetworkPolicy: its conformance tests',
  npguard_connlist: 'netpol-analyzer: connections that manifests admit',
};

interface Suite {
  readonly name: string;
  readonly unit: string;
  readonly passed: number;
  readonly total: number;
  readonly apart?:
    | readonly { readonly name: string; readonly passed: number; readonly total: number }[]
    | undefined;
  readonly notClaimed: readonly { readonly reason: string; readonly count: number }[];
}

interface ScoreTableProps {
  readonly suites: readonly Suite[];
}

/** Each suite with its count, what is counted apart from it, and what is left out of it with the reason. */
export function ScoreTable({ suites }: ScoreTableProps) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Scores">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Upstream’s table</th>
            <th scope="col">Agrees</th>
            <th scope="col">Compared</th>
            <th scope="col">Not claimed</th>
          </tr>
        </thead>
        <tbody>
          {suites.map((suite) => (
            <tr key={suite.name}>
              <th scope="row">
                {SUITES[suite.name] ?? suite.name}
                <br />
                <code className="faint">{suite.name}</code>
                {suite.apart?.map(({ name, passed, total }) => (
                  <div key={name} className="small dim">
                    {`Counted apart, ${name}: ${passed} of ${total}`}
                  </div>
                ))}
              </th>
              <td className="nowrap">
                <b>
                  {suite.passed} of {suite.total}
                </b>
              </td>
              <td>by {suite.unit}</td>
              <td>
                {suite.notClaimed.length === 0 && <span className="faint">nothing left out</span>}
                {suite.notClaimed.map(({ reason, count }) => (
                  <div key={reason}>
                    {count}: {reason}
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
