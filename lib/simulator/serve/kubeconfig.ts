/** What a kubeconfig says of the server and of who asks. */
export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate; absent over plain HTTP. */
  readonly authority?: string;
  readonly token?: string;
  readonly namespace?: string;
}

/** A kubeconfig as kubeadm names its parts, so that kubectl prints what it prints in the page. */
export function kubeconfigFor({ server, authority, token, namespace }: KubeconfigOptions): string {
  const lines = [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '- cluster:',
    ...(authority === undefined
      ? []
      : [`    certificate-authority-data: ${Buffer.from(authority).toString('base64')}`]),
    `    server: ${server}`,
    '  name: kubernetes',
    'contexts:',
    '- context:',
    '    cluster: kubernetes',
    ...(namespace === undefined || namespace === 'default' ? [] : [`    namespace: ${namespace}`]),
    '    user: kubernetes-admin',
    '  name: kubernetes-admin@kubernetes',
    'current-context: kubernetes-admin@kubernetes',
    'preferences: {}',
    'users:',
    '- name: kubernetes-admin',
    token === undefined ? '  user: {}' : `  user:\n    token: ${token}`,
  ];
  return `${lines.join('\n')}\n`;
}
