import type { Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

const SETTINGS =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plan, namespace: shop}\ndata: {size: small, colour: red}\n';

/** Server-side apply: who owns which field. */
export const OWNERSHIP: Chapter = {
  name: 'ownership',
  manifests: [SHOP],
  files: {
    'plan.yaml': SETTINGS,
    'plan-2.yaml': SETTINGS.replace('small', 'large'),
    'colour.yaml': SETTINGS.replace('size: small, ', ''),
    'scale.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 3}\n',
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
    { line: 'kubectl get configmap plan -n shop -o yaml --show-managed-fields', stdout: /./ },
    {
      line: 'kubectl apply --server-side --field-manager=other -f plan-2.yaml',
      exit: 1,
      stderr: /./,
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
    { line: 'kubectl apply --server-side --field-manager=hpa -f scale.yaml', exit: 1, stderr: /./ },
    {
      line: 'kubectl apply --server-side --field-manager=hpa --force-conflicts -f scale.yaml',
      stdout: 'deployment.apps/web serverside-applied\n',
    },
  ],
};
