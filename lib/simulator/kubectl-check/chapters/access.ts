import { like, type Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

/** What one is, and what one may do. */
export const ACCESS: Chapter = {
  name: 'access',
  manifests: [SHOP],
  files: {},
  cases: [
    {
      line: 'kubectl auth whoami',
      stdout: `ATTRIBUTE   VALUE
Username    kubernetes-admin
Groups      [kubeadm:cluster-admins system:authenticated]
`,
    },
    { line: 'kubectl auth can-i create pods', stdout: 'yes\n' },
    { line: 'kubectl auth can-i "*" "*"', stdout: 'yes\n' },
    {
      line: 'kubectl auth can-i list unicorns',
      stdout: 'yes\n',
      stderr: `Warning: the server doesn't have a resource type 'unicorns'

`,
    },
    {
      line: 'kubectl create role reader --verb=get,list --resource=pods -n shop',
      stdout: 'role.rbac.authorization.k8s.io/reader created\n',
    },
    {
      line: 'kubectl create serviceaccount robot -n shop',
      stdout: 'serviceaccount/robot created\n',
    },
    {
      line: 'kubectl create rolebinding robot-reads --role=reader --serviceaccount=shop:robot -n shop',
      stdout: 'rolebinding.rbac.authorization.k8s.io/robot-reads created\n',
    },
    {
      line: 'kubectl auth can-i list pods -n shop --as=system:serviceaccount:shop:robot',
      stdout: 'yes\n',
    },
    {
      line: 'kubectl auth can-i delete pods -n shop --as=system:serviceaccount:shop:robot',
      exit: 1,
      stdout: 'no\n',
    },
    {
      line: 'kubectl get pods -n shop --as=system:serviceaccount:shop:robot -o name',
      stdout: like(`pod/client
pod/web-{hash}-{tail}
pod/web-{hash}-{tail}
`),
    },
    {
      line: 'kubectl delete pod client -n shop --as=system:serviceaccount:shop:robot',
      exit: 1,
      stderr:
        'Error from server (Forbidden): pods "client" is forbidden: User "system:serviceaccount:shop:robot" cannot delete resource "pods" in API group "" in the namespace "shop"\n',
    },
    {
      line: 'kubectl get nodes --as=system:serviceaccount:shop:robot',
      exit: 1,
      stderr:
        'Error from server (Forbidden): nodes is forbidden: User "system:serviceaccount:shop:robot" cannot list resource "nodes" in API group "" at the cluster scope\n',
    },
    {
      line: 'kubectl get roles,rolebindings -n shop',
      stdout: like(`NAME                                    CREATED AT
role.rbac.authorization.k8s.io/reader   {time}

NAME                                                ROLE          AGE
rolebinding.rbac.authorization.k8s.io/robot-reads   Role/reader   {age}
`),
    },
    {
      line: 'kubectl describe role reader -n shop',
      stdout: `Name:         reader
Labels:       <none>
Annotations:  <none>
PolicyRule:
  Resources  Non-Resource URLs  Resource Names  Verbs
  ---------  -----------------  --------------  -----
  pods       []                 []              [get list]
`,
      ages: 'client',
    },
  ],
};
