import { like, type Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

const API = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: shop
spec:
  replicas: 1
  selector:
    matchLabels:
      app: api
  template:
    metadata:
      labels:
        app: api
    spec:
      containers:
      - name: api
        image: hashicorp/http-echo:1.0
        args: ["-text=hello"]
        ports:
        - containerPort: 5678
`;

/** Objects are made, changed and deleted. */
export const WRITING: Chapter = {
  name: 'writing',
  manifests: [SHOP],
  files: {
    'api.yaml': API,
    'api-2.yaml': API.replace('replicas: 1', 'replicas: 2').replace('-text=hello', '-text=bye'),
    'unknown-field.yaml': API.replace('replicas: 1', 'replicass: 1').replace(
      'name: api',
      'name: strict',
    ),
    'wrong-type.yaml': API.replace('replicas: 1', 'replicas: many').replace(
      'name: api',
      'name: strict',
    ),
    'no-ports.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: {name: broken}\nspec: {selector: {app: x}}\n',
    'broken.yaml': 'apiVersion: v1\nkind: [Service\n',
    'unknown-kind.yaml': 'apiVersion: v1\nkind: Unicorn\nmetadata: {name: x}\n',
    'two.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: "1"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n',
    'edit.sh': '#!/bin/sh\nsed -i "s/colour: green/colour: blue/" "$1"\n',
    'nothing.sh': '#!/bin/sh\n',
  },
  cases: [
    { line: 'kubectl apply -f api.yaml', stdout: 'deployment.apps/api created\n' },
    { line: 'kubectl apply -f api.yaml', stdout: 'deployment.apps/api unchanged\n' },
    {
      line: 'kubectl diff -f api-2.yaml',
      exit: 1,
      stdout:
        like(`diff -u -N /tmp/LIVE-{number}/apps.v1.Deployment.shop.api /tmp/MERGED-{number}/apps.v1.Deployment.shop.api
--- /tmp/LIVE-{number}/apps.v1.Deployment.shop.api	{...}
+++ /tmp/MERGED-{number}/apps.v1.Deployment.shop.api	{...}
@@ -6,14 +6,14 @@
     kubectl.kubernetes.io/last-applied-configuration: |
{...}
   creationTimestamp: "{time}"
{...}
-        - -text=hello
+        - -text=bye
         image: hashicorp/http-echo:1.0
         imagePullPolicy: IfNotPresent
         name: api
`),
      notInPage: 'diff runs a program of the machine',
    },
    {
      line: 'kubectl apply -f api-2.yaml --dry-run=server',
      stdout: 'deployment.apps/api configured (server dry run)\n',
    },
    { line: 'kubectl apply -f api-2.yaml', stdout: 'deployment.apps/api configured\n' },
    { line: 'kubectl diff -f api-2.yaml', notInPage: 'diff runs a program of the machine' },
    {
      line: 'kubectl apply -f unknown-field.yaml',
      exit: 1,
      stderr:
        'Error from server (BadRequest): error when creating "unknown-field.yaml": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicass"\n',
    },
    {
      line: 'kubectl apply -f wrong-type.yaml',
      exit: 1,
      stderr:
        'Error from server (BadRequest): error when creating "wrong-type.yaml": Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32\n',
    },
    {
      line: 'kubectl apply -f no-ports.yaml',
      exit: 1,
      stderr: 'The Service "broken" is invalid: spec.ports: Required value\n',
    },
    {
      line: 'kubectl apply -f broken.yaml',
      exit: 1,
      stderr:
        "error: error parsing broken.yaml: error converting YAML to JSON: yaml: line 2: did not find expected ',' or ']'\n",
    },
    {
      line: 'kubectl apply -f unknown-kind.yaml',
      exit: 1,
      stderr: `error: resource mapping not found for name: "x" namespace: "" from "unknown-kind.yaml": no matches for kind "Unicorn" in version "v1"
ensure CRDs are installed first
`,
    },
    {
      line: 'kubectl apply -f missing.yaml',
      exit: 1,
      stderr: 'error: the path "missing.yaml" does not exist\n',
    },
    {
      line: 'kubectl create -f two.yaml',
      stdout: 'configmap/one created\nconfigmap/two created\n',
    },
    {
      line: 'kubectl create -f two.yaml',
      exit: 1,
      stderr: `Error from server (AlreadyExists): error when creating "two.yaml": configmaps "one" already exists
Error from server (AlreadyExists): error when creating "two.yaml": configmaps "two" already exists
`,
    },
    {
      line: 'kubectl apply -f two.yaml',
      stdout: `configmap/one configured
configmap/two configured
`,
      stderr: `Warning: resource configmaps/one is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.
Warning: resource configmaps/two is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.
`,
    },
    {
      line: 'kubectl replace -f two.yaml',
      stdout: 'configmap/one replaced\nconfigmap/two replaced\n',
    },
    {
      line: 'kubectl delete -f two.yaml',
      stdout: `configmap "one" deleted from default namespace
configmap "two" deleted from default namespace
`,
      other: { '1.33': { stdout: 'configmap "one" deleted\nconfigmap "two" deleted\n' } },
    },
    { line: 'kubectl create namespace lab', stdout: 'namespace/lab created\n' },
    {
      line: 'kubectl create deployment echo --image=nginx:1.29 --replicas=2 -n lab',
      stdout: 'deployment.apps/echo created\n',
    },
    {
      line: 'kubectl create deployment echo --image=nginx -n lab',
      exit: 1,
      stderr: 'error: failed to create deployment: deployments.apps "echo" already exists\n',
    },
    {
      line: 'kubectl create configmap app --from-literal=a=1 --from-literal=b=two -n lab -o yaml --dry-run=client',
      stdout: `apiVersion: v1
data:
  a: "1"
  b: two
kind: ConfigMap
metadata:
  name: app
  namespace: lab
`,
      other: {
        '1.33': {
          stdout:
            'apiVersion: v1\ndata:\n  a: "1"\n  b: two\nkind: ConfigMap\nmetadata:\n  creationTimestamp: null\n  name: app\n  namespace: lab\n',
        },
      },
    },
    {
      line: 'kubectl create service clusterip echo --tcp=80:80 -n lab',
      stdout: 'service/echo created\n',
    },
    {
      line: 'kubectl create secret generic key --from-literal=password=x -n lab',
      stdout: 'secret/key created\n',
    },
    { line: 'kubectl get secret key -n lab -o jsonpath={.data.password}', stdout: 'eA==' },
    {
      line: 'kubectl create serviceaccount robot -n lab',
      stdout: 'serviceaccount/robot created\n',
    },
    {
      line: 'kubectl create job once --image=busybox -n lab -- true',
      stdout: 'job.batch/once created\n',
    },
    {
      line: 'kubectl create ingress front --rule=shop.example/*=web:80 -n shop',
      stdout: 'ingress.networking.k8s.io/front created\n',
    },
    {
      line: 'kubectl get ingress -n shop',
      stdout: like(`NAME    CLASS    HOSTS          ADDRESS   PORTS   AGE
front   <none>   shop.example             80      {age}
`),
    },
    {
      line: 'kubectl run probe --image=busybox -n lab --restart=Never -- sleep 3600',
      stdout: 'pod/probe created\n',
    },
    {
      line: 'kubectl run probe --image=busybox -n lab',
      exit: 1,
      stderr: 'Error from server (AlreadyExists): pods "probe" already exists\n',
    },
    {
      line: 'kubectl run shape --image=nginx --port=80 --labels=app=x --env=A=b --dry-run=client -o yaml',
      stdout: `apiVersion: v1
kind: Pod
metadata:
  labels:
    app: x
  name: shape
spec:
  containers:
  - env:
    - name: A
      value: b
    image: nginx
    name: shape
    ports:
    - containerPort: 80
    resources: {}
  dnsPolicy: ClusterFirst
  restartPolicy: Always
status: {}
`,
      other: {
        '1.33': {
          stdout: like(
            'apiVersion: v1\nkind: Pod\nmetadata:\n  creationTimestamp: null\n  labels:\n    app: x\n  name: shape\n{...}status: {}\n',
          ),
        },
      },
    },
    {
      line: 'kubectl expose deployment echo --port=8080 --target-port=80 --name=echo-2 -n lab',
      stdout: 'service/echo-2 exposed\n',
    },
    {
      line: 'kubectl expose deployment nope --port=80',
      exit: 1,
      stderr: 'Error from server (NotFound): deployments.apps "nope" not found\n',
    },
    { line: 'kubectl label pod probe -n lab tier=test', stdout: 'pod/probe labeled\n' },
    {
      line: 'kubectl label pod probe -n lab tier=other',
      exit: 1,
      stderr: "error: 'tier' already has a value (test), and --overwrite is false\n",
    },
    {
      line: 'kubectl label pod probe -n lab tier=other --overwrite',
      stdout: 'pod/probe labeled\n',
    },
    { line: 'kubectl label pod probe -n lab tier-', stdout: 'pod/probe unlabeled\n' },
    {
      line: 'kubectl label pod probe -n lab "bad key=x"',
      exit: 1,
      stderr:
        "The Pod \"probe\" is invalid: metadata.labels: Invalid value: \"bad key\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\n",
    },
    {
      line: 'kubectl annotate deployment echo -n lab note="for a test"',
      stdout: 'deployment.apps/echo annotated\n',
    },
    {
      line: `kubectl patch configmap settings -n shop -p '{"data":{"colour":"red"}}'`,
      stdout: 'configmap/settings patched\n',
    },
    {
      line: `kubectl patch configmap settings -n shop -p '{"data":{"colour":"red"}}'`,
      stdout: 'configmap/settings patched (no change)\n',
    },
    {
      line: `kubectl patch deployment api -n shop --type=strategic -p '{"spec":{"template":{"spec":{"containers":[{"name":"api","env":[{"name":"A","value":"1"}]}]}}}}'`,
      stdout: 'deployment.apps/api patched\n',
    },
    {
      line: "kubectl get deployment api -n shop -o jsonpath='{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].value}'",
      stdout: 'hashicorp/http-echo:1.0 1',
    },
    {
      line: `kubectl patch deployment api -n shop --type=merge -p '{"spec":{"replicas":3}}'`,
      stdout: 'deployment.apps/api patched\n',
    },
    {
      line: `kubectl patch deployment api -n shop --type=json -p '[{"op":"replace","path":"/spec/replicas","value":1}]'`,
      stdout: 'deployment.apps/api patched\n',
    },
    {
      line: `kubectl patch deployment api -n shop --type=json -p '[{"op":"test","path":"/spec/replicas","value":9}]'`,
      exit: 1,
      stderr:
        'The request is invalid: the server rejected our request due to an error in our request\n',
    },
    {
      line: `kubectl patch service web -n shop -p '{"spec":{"clusterIP":"10.96.0.99"}}'`,
      exit: 1,
      stderr:
        like(`The Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["{ip}"]: may not change once set
`),
    },
    {
      line: `kubectl patch configmap settings -n shop -p '{"data":'`,
      exit: 1,
      stderr: 'Error from server (BadRequest): unexpected end of JSON input\n',
    },
    {
      line: 'kubectl scale deployment api -n shop --replicas=2',
      stdout: 'deployment.apps/api scaled\n',
    },
    {
      line: 'kubectl scale deployment api -n shop --replicas=0 --current-replicas=5',
      exit: 1,
      stderr: 'error: Expected replicas to be 5, was 2\n',
    },
    {
      line: 'kubectl set image deployment/api -n shop api=hashicorp/http-echo:0.2.3',
      stdout: 'deployment.apps/api image updated\n',
    },
    {
      line: 'kubectl set env deployment/api -n shop B=2',
      stdout: 'deployment.apps/api env updated\n',
    },
    {
      line: 'kubectl set resources deployment/api -n shop --limits=cpu=200m',
      stdout: 'deployment.apps/api resource requirements updated\n',
    },
    {
      line: 'KUBE_EDITOR=./nothing.sh kubectl edit configmap settings -n shop',
      stdout: '',
      stderr: 'Edit cancelled, no changes made.\n',
      notInPage: 'the page has an editor of its own',
    },
    {
      line: `kubectl patch configmap settings -n shop -p '{"data":{"colour":"green"}}'`,
      stdout: 'configmap/settings patched\n',
    },
    {
      line: 'kubectl edit configmap settings -n shop',
      stdout: 'configmap/settings edited\n',
      notInPage: 'the page has an editor of its own',
    },
    { line: 'kubectl get configmap settings -n shop -o jsonpath={.data.colour}', stdout: 'blue' },
    {
      line: 'kubectl delete configmap settings -n shop',
      stdout: 'configmap "settings" deleted from shop namespace\n',
      other: { '1.33': { stdout: 'configmap "settings" deleted\n' } },
    },
    {
      line: 'kubectl delete configmap settings -n shop',
      exit: 1,
      stderr: 'Error from server (NotFound): configmaps "settings" not found\n',
    },
    { line: 'kubectl delete configmap settings -n shop --ignore-not-found', stdout: '' },
    {
      line: 'kubectl delete pod probe -n lab --now',
      stdout: 'pod "probe" deleted from lab namespace\n',
      other: { '1.33': { stdout: 'pod "probe" deleted\n' } },
    },
    {
      line: 'kubectl delete deployment echo -n lab --cascade=orphan',
      stdout: 'deployment.apps "echo" deleted from lab namespace\n',
      other: { '1.33': { stdout: 'deployment.apps "echo" deleted\n' } },
    },
    { line: 'kubectl delete namespace lab', stdout: 'namespace "lab" deleted\n' },
    { line: 'kubectl get all -n lab', stderr: 'No resources found in lab namespace.\n' },
    {
      line: 'kubectl delete',
      exit: 1,
      stderr: `error: You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'
`,
    },
    {
      line: 'kubectl frobnicate',
      exit: 1,
      stderr: 'error: unknown command "frobnicate" for "kubectl"\n',
    },
    {
      line: 'kubectl get pods --nope',
      exit: 1,
      stderr: `error: unknown flag: --nope
See 'kubectl get --help' for usage.
`,
    },
  ],
};
