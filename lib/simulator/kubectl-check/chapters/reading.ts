import { like, type Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

export const READING: Chapter = {
  name: 'reading',
  manifests: [SHOP],
  files: {},
  cases: [
    {
      line: 'kubectl describe pod client -n shop',
      ages: 'client',
      stdout: like(`Name:             client
Namespace:        shop
Priority:         0
Service Account:  default
Node:             node-a/192.168.10.11
Start Time:       {...}
Labels:           app=client
{...}
  Normal  Scheduled  {age}   default-scheduler  Successfully assigned shop/client to node-a
  Normal  Pulling    {age}   kubelet            {...}Pulling image "busybox:1.36"
  Normal  Pulled     {age}   kubelet            {...}Successfully pulled image "busybox:1.36" in {number}ms ({number}ms including waiting). Image size: {number} bytes.
  Normal  Created    {age}   kubelet            {...}Container created
  Normal  Started    {age}   kubelet            {...}Container started
`),
    },
    {
      line: 'kubectl describe deployment web -n shop',
      ages: 'client',
      stdout: like(`Name:                   web
Namespace:              shop
CreationTimestamp:      {...}
Labels:                 app=web
Annotations:            deployment.kubernetes.io/revision: 1
Selector:               app=web
Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable
{...}
NewReplicaSet:   web-{hash} (2/2 replicas created)
Events:
  Type    Reason             Age   From                   Message
  ----    ------             ----  ----                   -------
  Normal  ScalingReplicaSet  {age}   deployment-controller  Scaled up replica set web-{hash} from 0 to 2
`),
    },
    {
      line: 'kubectl describe service web -n shop',
      ages: 'client',
      stdout: like(`Name:                     web
Namespace:                shop
Labels:                   <none>
Annotations:              <none>
Selector:                 app=web
Type:                     ClusterIP
IP Family Policy:         SingleStack
IP Families:              IPv4
IP:                       {ip}
IPs:                      {ip}
Port:                     http  80/TCP
TargetPort:               http/TCP
Endpoints:                {ip}:80,{ip}:80
Session Affinity:         None
Internal Traffic Policy:  Cluster
Events:                   <none>
`),
    },
    {
      line: 'kubectl describe node node-a',
      ages: 'client',
      stdout: like(`Name:               node-a
Roles:              <none>
Labels:             beta.kubernetes.io/arch=amd64
                    beta.kubernetes.io/os=linux
                    kubernetes.io/arch=amd64
                    kubernetes.io/hostname=node-a
                    kubernetes.io/os=linux
{...}
  memory             102Mi (1%)  170Mi (2%)
  ephemeral-storage  0 (0%)      0 (0%)
  hugepages-1Gi      0 (0%)      0 (0%)
  hugepages-2Mi      0 (0%)      0 (0%)
Events:              <none>
`),
    },
    {
      line: 'kubectl events -n shop --for pod/client',
      ages: 'client',
      stdout: like(`LAST SEEN   TYPE     REASON      OBJECT       MESSAGE
{age}         Normal   Scheduled   Pod/client   Successfully assigned shop/client to node-a
{age}         Normal   Pulling     Pod/client   Pulling image "busybox:1.36"
{age}         Normal   Pulled      Pod/client   Successfully pulled image "busybox:1.36" in {number}ms ({number}ms including waiting). Image size: {number} bytes.
{age}         Normal   Created     Pod/client   Container created
{age}         Normal   Started     Pod/client   Container started
`),
    },
    {
      line: 'kubectl get events -n shop',
      ages: 'client',
      stdout: like(`LAST SEEN   TYPE     REASON              OBJECT                      MESSAGE
{age}         Normal   Scheduled           pod/client                  Successfully assigned shop/client to node-a
{age}         Normal   Pulling             pod/client                  Pulling image "busybox:1.36"
{age}         Normal   Pulled              pod/client                  Successfully pulled image "busybox:1.36" in {number}ms ({number}ms including waiting). Image size: {number} bytes.
{age}         Normal   Created             pod/client                  Container created
{age}         Normal   Started             pod/client                  Container started
{age}         Normal   Scheduled           pod/web-{hash}-{tail}    Successfully assigned shop/web-{hash}-{tail} to {node}
{age}         Normal   Pulling             pod/web-{hash}-{tail}    Pulling image "nginx:1.29"
{age}         Normal   Pulled              pod/web-{hash}-{tail}    Successfully pulled image "nginx:1.29" in {number}ms ({number}ms including waiting). Image size: {number} bytes.
{age}         Normal   Created             pod/web-{hash}-{tail}    Container created
{age}         Normal   Started             pod/web-{hash}-{tail}    Container started
{age}         Normal   Scheduled           pod/web-{hash}-{tail}    Successfully assigned shop/web-{hash}-{tail} to {node}
{age}         Normal   Pulling             pod/web-{hash}-{tail}    Pulling image "nginx:1.29"
{age}         Normal   Pulled              pod/web-{hash}-{tail}    Successfully pulled image "nginx:1.29" in {number}ms ({number}ms including waiting). Image size: {number} bytes.
{age}         Normal   Created             pod/web-{hash}-{tail}    Container created
{age}         Normal   Started             pod/web-{hash}-{tail}    Container started
{age}         Normal   SuccessfulCreate    replicaset/web-{hash}   Created pod: web-{hash}-{tail}
{age}         Normal   SuccessfulCreate    replicaset/web-{hash}   Created pod: web-{hash}-{tail}
{age}         Normal   ScalingReplicaSet   deployment/web              Scaled up replica set web-{hash} from 0 to 2
`),
    },
    {
      line: 'kubectl get pods -n shop',
      stdout: like(`NAME                   READY   STATUS    RESTARTS   AGE
client                 1/1     Running   0          {age}
web-{hash}-{tail}   1/1     Running   0          {age}
web-{hash}-{tail}   1/1     Running   0          {age}
`),
    },
    {
      line: 'kubectl get pods -n shop -o wide',
      stdout:
        like(`NAME                   READY   STATUS    RESTARTS   AGE   IP           NODE     NOMINATED NODE   READINESS GATES
client                 1/1     Running   0          {age}   {ip}   node-a   <none>           <none>
web-{hash}-{tail}   1/1     Running   0          {age}   {ip}   {node}   <none>           <none>
web-{hash}-{tail}   1/1     Running   0          {age}   {ip}   {node}   <none>           <none>
`),
    },
    {
      line: 'kubectl get pods -A',
      stdout: like(`NAMESPACE     NAME                      READY   STATUS    RESTARTS   AGE
kube-system   coredns-{hash}-{tail}   1/1     Running   0          {age}
kube-system   coredns-{hash}-{tail}   1/1     Running   0          {age}
shop          client                    1/1     Running   0          {age}
shop          web-{hash}-{tail}      1/1     Running   0          {age}
shop          web-{hash}-{tail}      1/1     Running   0          {age}
`),
    },
    {
      line: 'kubectl get pod client -n shop -o yaml',
      stdout: like(`apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
{...}
  creationTimestamp: "{time}"
{...}
  podIP: {ip}
  podIPs:
  - ip: {ip}
  qosClass: BestEffort
  startTime: "{time}"
`),
    },
    {
      line: 'kubectl get pod client -n shop -o json',
      stdout: like(`{
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{\\"apiVersion\\":\\"v1\\",\\"kind\\":\\"Pod\\",\\"metadata\\":{\\"annotations\\":{},\\"labels\\":{\\"app\\":\\"client\\"},\\"name\\":\\"client\\",\\"namespace\\":\\"shop\\"},\\"spec\\":{\\"containers\\":[{\\"command\\":[\\"sleep\\",\\"infinity\\"],\\"image\\":\\"busybox:1.36\\",\\"name\\":\\"client\\"}]}}\\n"
        },
{...}
        ],
        "qosClass": "BestEffort",
        "startTime": "{time}"
    }
}
`),
    },
    {
      line: "kubectl get pods -n shop -o jsonpath='{.items[*].metadata.labels.app}'",
      stdout: 'client web web',
    },
    {
      line: 'kubectl get pods -n shop -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName --sort-by=.metadata.name',
      stdout: like(`NAME                   NODE
client                 node-a
web-{hash}-{tail}   {node}
web-{hash}-{tail}   {node}
`),
    },
    { line: 'kubectl get pods -n shop -l app=client -o name', stdout: 'pod/client\n' },
    {
      line: 'kubectl get nodes',
      stdout: like(`NAME     STATUS   ROLES    AGE   VERSION
node-a   Ready    <none>   {age}   v1.35.0
node-b   Ready    <none>   {age}   v1.35.0
`),
    },
    {
      line: 'kubectl get all -n shop',
      stdout: like(`NAME                       READY   STATUS    RESTARTS   AGE
pod/client                 1/1     Running   0          {age}
pod/web-{hash}-{tail}   1/1     Running   0          {age}
pod/web-{hash}-{tail}   1/1     Running   0          {age}

NAME          TYPE        CLUSTER-IP     EXTERNAL-IP   PORT(S)   AGE
service/web   ClusterIP   {ip}   <none>        80/TCP    {age}

NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
deployment.apps/web   2/2     2            2           {age}

NAME                             DESIRED   CURRENT   READY   AGE
replicaset.apps/web-{hash}   2         2         2       {age}
`),
    },
    { line: 'kubectl get pods', stderr: 'No resources found in default namespace.\n' },
    {
      line: 'kubectl get pod nope',
      exit: 1,
      stderr: 'Error from server (NotFound): pods "nope" not found\n',
    },
    {
      line: 'kubectl get unicorns',
      exit: 1,
      stderr: 'error: the server doesn\'t have a resource type "unicorns"\n',
    },
    {
      line: 'kubectl explain pod.spec.containers.image',
      stdout: `KIND:       Pod
VERSION:    v1

FIELD: image <string>


DESCRIPTION:
    The image that the container runs.
    

`,
    },
    {
      line: 'kubectl api-resources',
      stdout:
        like(`NAME                            SHORTNAMES   APIVERSION                          NAMESPACED   KIND
configmaps                      cm           v1                                  true         ConfigMap
endpoints                       ep           v1                                  true         Endpoints
events                          ev           v1                                  true         Event
namespaces                      ns           v1                                  false        Namespace
nodes                           no           v1                                  false        Node
pods                            po           v1                                  true         Pod
replicationcontrollers          rc           v1                                  true         ReplicationController
secrets                                      v1                                  true         Secret
serviceaccounts                 sa           v1                                  true         ServiceAccount
services                        svc          v1                                  true         Service
mutatingwebhookconfigurations                admissionregistration.k8s.io/v1     false        MutatingWebhookConfiguration
customresourcedefinitions       crd,crds     apiextensions.k8s.io/v1             false        CustomResourceDefinition
controllerrevisions                          apps/v1                             true         ControllerRevision
daemonsets                      ds           apps/v1                             true         DaemonSet
deployments                     deploy       apps/v1                             true         Deployment
replicasets                     rs           apps/v1                             true         ReplicaSet
statefulsets                    sts          apps/v1                             true         StatefulSet
selfsubjectreviews                           authentication.k8s.io/v1            false        SelfSubjectReview
tokenreviews                                 authentication.k8s.io/v1            false        TokenReview
localsubjectaccessreviews                    authorization.k8s.io/v1             true         LocalSubjectAccessReview
selfsubjectaccessreviews                     authorization.k8s.io/v1             false        SelfSubjectAccessReview
selfsubjectrulesreviews                      authorization.k8s.io/v1             false        SelfSubjectRulesReview
subjectaccessreviews                         authorization.k8s.io/v1             false        SubjectAccessReview
horizontalpodautoscalers        hpa          autoscaling/v2                      true         HorizontalPodAutoscaler
cronjobs                        cj           batch/v1                            true         CronJob
jobs                                         batch/v1                            true         Job
leases                                       coordination.k8s.io/v1              true         Lease
endpointslices                               discovery.k8s.io/v1                 true         EndpointSlice
ingressclasses                               networking.k8s.io/v1                false        IngressClass
ingresses                       ing          networking.k8s.io/v1                true         Ingress
ipaddresses                     ip           networking.k8s.io/v1                false        IPAddress
networkpolicies                 netpol       networking.k8s.io/v1                true         NetworkPolicy
servicecidrs                                 networking.k8s.io/v1                false        ServiceCIDR
poddisruptionbudgets            pdb          policy/v1                           true         PodDisruptionBudget
adminnetworkpolicies            anp          policy.networking.k8s.io/v1alpha1   false        AdminNetworkPolicy
baselineadminnetworkpolicies    banp         policy.networking.k8s.io/v1alpha1   false        BaselineAdminNetworkPolicy
clusternetworkpolicies          cnp          policy.networking.k8s.io/v1alpha2   false        ClusterNetworkPolicy
clusterrolebindings                          rbac.authorization.k8s.io/v1        false        ClusterRoleBinding
clusterroles                                 rbac.authorization.k8s.io/v1        false        ClusterRole
rolebindings                                 rbac.authorization.k8s.io/v1        true         RoleBinding
roles                                        rbac.authorization.k8s.io/v1        true         Role
`),
    },
    {
      line: 'kubectl api-versions',
      stdout: like(
        '{...}apps/v1\nauthentication.k8s.io/v1\nauthorization.k8s.io/v1\n{...}\npolicy/v1\nrbac.authorization.k8s.io/v1\n{...}v1\n',
      ),
    },
    {
      line: 'kubectl cluster-info',
      stdout: `Kubernetes control plane is running at https://192.168.10.10:6443
CoreDNS is running at https://192.168.10.10:6443/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy

To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.
`,
    },
    {
      line: 'kubectl version',
      stdout: like(
        'Client Version: v1.{number}.{number}\nKustomize Version: v{number}.{number}.{number}\nServer Version: v1.35.0\n',
      ),
      other: {
        '1.33': {
          stderr:
            'WARNING: version difference between client (1.33) and server (1.35) exceeds the supported minor version skew of +/-1\n',
        },
      },
      notInPage: 'a real kubectl has a patch version of its own',
    },
    { line: 'kubectl top pods', exit: 1, stderr: 'error: Metrics API not available\n' },
  ],
};
