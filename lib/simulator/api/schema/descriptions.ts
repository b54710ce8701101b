/** Our own words for the fields people ask `kubectl explain` about. */

/** Of types that are no kinds: what a kind is says its KindDescription. */
export const TYPE_DESCRIPTIONS: Readonly<Record<string, string>> = {
  'core.PodSpec': 'What a pod should be: its containers, where it may run, how it resolves names.',
  'core.PodStatus': 'What is known about a pod, as its kubelet reported it last.',
  'core.PodTemplateSpec': 'The labels and the spec that every pod made from this template gets.',
  'core.Container': 'One container of a pod.',
  'core.ContainerPort':
    'A port that the container answers on. Naming it informs people and Services; it opens nothing.',
  'core.Probe': 'A check that the kubelet repeats against a container.',
  'core.ServiceSpec': 'How a Service picks its pods and how it can be reached.',
  'core.ServicePort': 'One port of a Service and the pod port behind it.',
  'core.ServiceStatus': 'What is known about a Service: the addresses of its load balancer.',
  'core.NodeSpec': 'What a node was given: its pod range, and whether it takes new pods.',
  'core.NodeStatus': 'What the kubelet reported about its node last.',
  'apps.DeploymentSpec': 'What a Deployment should keep running, and how it changes it.',
  'apps.DeploymentStatus': 'How far the Deployment has come.',
  'apps.DeploymentStrategy': 'How old pods are replaced by new ones.',
  'apps.ReplicaSetSpec': 'What a ReplicaSet should keep running.',
  'apps.ReplicaSetStatus': 'How many pods a ReplicaSet has.',
  'discovery.Endpoint': 'One backend: its addresses, its state, where it runs.',
  'discovery.EndpointConditions': 'The state of an endpoint.',
  'discovery.EndpointPort': 'A port that every endpoint of the slice has.',
  'meta.ObjectMeta': 'What every object has: name, labels, owners, versions.',
  'meta.LabelSelector': 'Picks objects by labels; all of its parts must hold.',
};

export const FIELD_DESCRIPTIONS: Readonly<Record<string, string>> = {
  '*.apiVersion': 'The group and version of the API that this object is written in.',
  '*.kind': 'What this object is, in CamelCase.',
  '*.metadata': 'What every object has: name, labels, owners, versions.',
  '*.spec': 'What it should be.',
  '*.status': 'What it is, as last observed. Written by the system.',
  'core.ServiceSpec.type':
    'How the Service can be reached: ClusterIP (inside), NodePort (also on every node), LoadBalancer (also through a balancer of the cloud), ExternalName (a DNS alias).',
  'core.ServiceSpec.selector':
    'Labels that a pod must have to be a backend. Without a selector nobody fills the endpoints but you.',
  'core.ServiceSpec.ports': 'The ports of the Service.',
  'core.ServiceSpec.clusterIP':
    'The virtual address. Empty: one is given. None: a headless Service, whose name resolves to its pods. Cannot be changed.',
  'core.ServiceSpec.clusterIPs':
    'The virtual addresses, one per IP family; the first is clusterIP.',
  'core.ServiceSpec.sessionAffinity':
    'ClientIP keeps a client at one backend for a while; None picks anew for every connection.',
  'core.ServiceSpec.externalTrafficPolicy':
    'Cluster lets every node answer for all backends; Local uses only the backends of the node that was asked, and keeps the source address.',
  'core.ServiceSpec.internalTrafficPolicy':
    'Cluster uses all backends; Local only those on the node of the client.',
  'core.ServiceSpec.externalName': 'The name that an ExternalName Service is an alias of.',
  'core.ServiceSpec.publishNotReadyAddresses':
    'Whether pods that are not ready are listed as endpoints too.',
  'core.ServicePort.port': 'The port that the Service answers on.',
  'core.ServicePort.targetPort':
    'The port of the pods, by number or by the name of a container port. The same as port when left out.',
  'core.ServicePort.nodePort': 'The port on every node, for NodePort and LoadBalancer.',
  'core.ServicePort.protocol': 'TCP, UDP or SCTP; TCP when left out.',
  'core.ServicePort.name': 'The name of the port, needed when there are several.',
  'core.PodSpec.containers': 'The containers; at least one.',
  'core.PodSpec.initContainers': 'Containers that run to their end, one by one, before the others.',
  'core.PodSpec.nodeName': 'The node that the pod is bound to. The scheduler sets it.',
  'core.PodSpec.nodeSelector': 'Labels that a node must have for this pod.',
  'core.PodSpec.hostNetwork': 'Whether the pod uses the network namespace of its node.',
  'core.PodSpec.dnsPolicy':
    'Where /etc/resolv.conf comes from: ClusterFirst (the cluster DNS), Default (the node), None (dnsConfig alone).',
  'core.PodSpec.dnsConfig': 'Name servers, search domains and options besides those of dnsPolicy.',
  'core.PodSpec.terminationGracePeriodSeconds': 'Seconds between SIGTERM and SIGKILL.',
  'core.PodSpec.restartPolicy': 'When the kubelet starts a container again that ended.',
  'core.PodStatus.podIP': 'The address of the pod.',
  'core.PodStatus.phase': 'Pending, Running, Succeeded, Failed or Unknown.',
  'core.PodStatus.conditions': 'Statements about the pod that are True, False or Unknown.',
  'core.Container.image': 'The image that the container runs.',
  'core.Container.ports': 'Ports that the container answers on, for people and for names.',
  'core.Container.readinessProbe':
    'While it fails the pod is not ready, and Services send it nothing.',
  'core.Container.livenessProbe': 'When it fails the container is started again.',
  'core.Container.command': 'Replaces the entrypoint of the image.',
  'core.Container.args': 'Replaces the arguments of the image.',
  'core.Container.env': 'Environment variables.',
  'core.ContainerPort.containerPort': 'The number of the port.',
  'core.ContainerPort.name': 'A name that targetPort of a Service may use.',
  'core.Probe.httpGet': 'Asks by HTTP; a status from 200 to 399 is success.',
  'core.Probe.tcpSocket': 'Opens a TCP connection; success when it opens.',
  'core.Probe.exec': 'Runs a command; success when it exits with 0.',
  'core.Probe.periodSeconds': 'Seconds between two checks.',
  'core.Probe.failureThreshold': 'How many failures in a row make it fail.',
  'core.NodeSpec.podCIDR': 'The range that addresses of pods on this node come from.',
  'core.NodeSpec.unschedulable': 'Whether the scheduler leaves this node out.',
  'core.NodeSpec.taints': 'Marks that keep pods away that do not tolerate them.',
  'apps.StatefulSetSpec.serviceName':
    'The headless Service below whose name each pod has a name of its own in DNS.',
  'apps.StatefulSetSpec.podManagementPolicy':
    'OrderedReady makes pods one after the other, Parallel all at once.',
  'apps.StatefulSetSpec.updateStrategy': 'How pods get a new template: RollingUpdate or OnDelete.',
  'apps.DaemonSetSpec.updateStrategy': 'How pods get a new template: RollingUpdate or OnDelete.',
  'batch.JobSpec.completions': 'How many pods must succeed.',
  'batch.JobSpec.parallelism': 'How many pods may run at once.',
  'batch.JobSpec.backoffLimit': 'How many failures are borne before the Job has failed.',
  'batch.JobSpec.activeDeadlineSeconds': 'How long the Job may run.',
  'batch.JobSpec.ttlSecondsAfterFinished': 'How long the Job stays after its end.',
  'batch.CronJobSpec.schedule': 'When Jobs are made: minute, hour, day, month, day of the week.',
  'batch.CronJobSpec.concurrencyPolicy':
    'What happens when the last Job still runs: Allow, Forbid or Replace.',
  'networking.NetworkPolicySpec.podSelector':
    'The pods that the policy is about; an empty selector picks every pod of the namespace.',
  'networking.NetworkPolicySpec.policyTypes':
    'The directions in which the pods are isolated: only what some policy lets through passes.',
  'networking.NetworkPolicySpec.ingress': 'What is let in.',
  'networking.NetworkPolicySpec.egress': 'What is let out.',
  'networking.NetworkPolicyIngressRule.from':
    'Who is let in: any of these peers. Left out: everybody.',
  'networking.NetworkPolicyIngressRule.ports':
    'On which ports of the pods: any of these. Left out: every port.',
  'networking.NetworkPolicyEgressRule.to':
    'To whom the pods may connect: any of these peers. Left out: to everybody.',
  'networking.NetworkPolicyEgressRule.ports':
    'To which ports of the other end: any of these. Left out: every port.',
  'networking.NetworkPolicyPeer.podSelector':
    'Pods with these labels: of the namespace of the policy, or of those that namespaceSelector picks.',
  'networking.NetworkPolicyPeer.namespaceSelector':
    'Namespaces with these labels: all of their pods, or those that podSelector beside it picks. An empty selector picks every namespace.',
  'networking.NetworkPolicyPeer.ipBlock':
    'Addresses, meant for what is outside the cluster. No other field beside it.',
  'networking.NetworkPolicyPort.port':
    'The number, or the name of a container port. Left out: every port of the protocol.',
  'networking.NetworkPolicyPort.endPort': 'The last port of a range that begins with port.',
  'networking.NetworkPolicyPort.protocol': 'TCP, UDP or SCTP; TCP when left out.',
  'networking.IPBlock.cidr': 'The network: 192.168.1.0/24, 2001:db8::/64.',
  'networking.IPBlock.except': 'Networks inside it that are left out.',
  'policy.networking.k8s.io/spec.tier':
    'Admin: before every NetworkPolicy. Baseline: only where no NetworkPolicy isolates the pod.',
  'policy.networking.k8s.io/spec.priority':
    'From 0 to 1000; lower is asked first. Between two of the same priority nobody says which counts.',
  'policy.networking.k8s.io/spec.subject':
    "The pods that the policy is about. Pods on their node's network are never among them.",
  'policy.networking.k8s.io/spec.ingress':
    'What happens to connections to these pods; the first rule that matches counts.',
  'policy.networking.k8s.io/spec.egress':
    'What happens to connections from these pods; the first rule that matches counts.',
  'policy.networking.k8s.io/action':
    'What happens to what the rule matches: it is let through, it is dropped, or it passes on to the next tier.',
  'policy.networking.k8s.io/name': 'A name for people and logs.',
  'policy.networking.k8s.io/from': 'Where the connection comes from: any of these peers.',
  'policy.networking.k8s.io/to': 'Where the connection goes to: any of these peers.',
  'policy.networking.k8s.io/ports': 'On which ports: any of these. Left out: every port.',
  'policy.networking.k8s.io/protocols':
    'On which protocols and ports: any of these. Left out: every port of every protocol.',
  'policy.networking.k8s.io/namespaces': 'Every pod of the namespaces with these labels.',
  'policy.networking.k8s.io/pods': 'Pods by their labels and those of their namespace.',
  'policy.networking.k8s.io/nodes': 'Nodes by their labels: the addresses that they have.',
  'policy.networking.k8s.io/networks':
    'Networks, whoever has the addresses: pods of the cluster too.',
  'policy.networking.k8s.io/domainNames':
    'Names that the destination was looked up by: example.com, or *.example.com for all below it.',
  'policy.networking.k8s.io/namedPort': 'A container port by its name, of any protocol.',
  'policy.networking.k8s.io/destinationNamedPort': 'A container port by its name, of any protocol.',
  'policy.networking.k8s.io/portNumber': 'One port of a protocol.',
  'policy.networking.k8s.io/portRange': 'All ports from start to end.',
  'policy.networking.k8s.io/destinationPort': 'The port that is connected to.',
  'policy.networking.k8s.io/number': 'One port.',
  'policy.networking.k8s.io/range': 'All ports from start to end.',
  'policy.networking.k8s.io/namespaceSelector':
    'Labels that the namespace must have; an empty selector picks every namespace.',
  'policy.networking.k8s.io/podSelector':
    'Labels that the pod must have; an empty selector picks every pod.',
  'networking.IngressSpec.ingressClassName': 'The class, and so the controller, that serves it.',
  'networking.IngressSpec.rules': 'Which Service answers, by host and path.',
  'networking.IngressSpec.defaultBackend': 'What answers when no rule fits.',
  'networking.HTTPIngressPath.pathType':
    'Exact: the path itself. Prefix: the path and all below it, by whole elements. ImplementationSpecific: as the controller sees fit.',
  'policy.PodDisruptionBudgetSpec.minAvailable':
    'Pods that must stay ready through an eviction: a count, or a share.',
  'policy.PodDisruptionBudgetSpec.maxUnavailable':
    'Pods that may be missing through an eviction: a count, or a share.',
  'apps.DeploymentSpec.replicas': 'How many pods are wanted.',
  'apps.DeploymentSpec.selector':
    'Which pods belong to it; must match the labels of the template. Cannot be changed.',
  'apps.DeploymentSpec.template': 'What its pods look like.',
  'apps.DeploymentSpec.strategy': 'How old pods are replaced by new ones.',
  'discovery.EndpointSlice.addressType': 'The family of all addresses in this slice.',
  'discovery.EndpointSlice.endpoints': 'The backends.',
  'discovery.EndpointSlice.ports': 'The ports that every backend has.',
  'discovery.EndpointConditions.ready': 'Whether it takes new connections.',
  'discovery.EndpointConditions.serving': 'Whether it answers, even while it terminates.',
  'discovery.EndpointConditions.terminating': 'Whether it is going away.',
  'meta.ObjectMeta.name': 'The name, unique among objects of its kind in its namespace.',
  'meta.ObjectMeta.namespace': 'The namespace it lives in.',
  'meta.ObjectMeta.labels': 'Keys and values to select objects by.',
  'meta.ObjectMeta.annotations': 'Keys and values for tools; nobody selects by them.',
  'meta.LabelSelector.matchLabels': 'Labels that an object must have.',
  'meta.LabelSelector.matchExpressions': 'Conditions about labels, all of which must hold.',
};
