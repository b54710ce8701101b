import { like, type Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

const PLAN =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plan, namespace: shop}\ndata: {size: small, colour: red}\n';

const conflict = (what: string) => `error: Apply failed with 1 conflict: ${what}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
`;

/** Server-side apply: who owns which field. */
export const OWNERSHIP: Chapter = {
  name: 'ownership',
  manifests: [SHOP],
  files: {
    'plan.yaml': PLAN,
    'plan-2.yaml': PLAN.replace('small', 'large'),
    'colour.yaml': PLAN.replace('size: small, ', ''),
    'scale.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: made, namespace: shop}\nspec: {replicas: 3}\n',
  },
  cases: [
    {
      line: 'kubectl apply --server-side -f plan.yaml',
      stdout: 'configmap/plan serverside-applied\n',
    },
    {
      line: 'kubectl apply --server-side -f plan.yaml',
      stdout: 'configmap/plan serverside-applied\n',
    },
    {
      line: 'kubectl get configmap plan -n shop -o yaml --show-managed-fields',
      stdout: like(`apiVersion: v1
data:
  colour: red
  size: small
kind: ConfigMap
metadata:
  creationTimestamp: "{time}"
{...}
    time: "{time}"
  name: plan
  namespace: shop
  resourceVersion: "{number}"
  uid: {uid}
`),
    },
    {
      line: 'kubectl apply --server-side --field-manager=other -f plan-2.yaml',
      exit: 1,
      stderr: conflict('conflict with "kubectl": .data.size'),
    },
    {
      line: 'kubectl apply --server-side --field-manager=other --force-conflicts -f plan-2.yaml',
      stdout: 'configmap/plan serverside-applied\n',
    },
    { line: "kubectl get configmap plan -n shop -o jsonpath='{.data.size}'", stdout: 'large' },
    {
      line: 'kubectl apply --server-side -f colour.yaml',
      stdout: 'configmap/plan serverside-applied\n',
    },
    {
      line: "kubectl get configmap plan -n shop -o jsonpath='{.data}'",
      stdout: '{"colour":"red","size":"large"}',
    },
    {
      line: 'kubectl create deployment made --image=nginx:1.29 -n shop',
      stdout: 'deployment.apps/made created\n',
    },
    {
      line: 'kubectl apply --server-side --field-manager=hpa -f scale.yaml',
      exit: 1,
      stderr: conflict('conflict with "kubectl-create" using apps/v1: .spec.replicas'),
    },
    {
      line: 'kubectl apply --server-side --field-manager=hpa --force-conflicts -f scale.yaml',
      stdout: 'deployment.apps/made serverside-applied\n',
    },
    { line: "kubectl get deployment made -n shop -o jsonpath='{.spec.replicas}'", stdout: '3' },
  ],
};
