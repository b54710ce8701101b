/**
 * Fields of protobuf messages, `number=name`: the numbers are those of the generated.proto files of k8s.io/api and
 * apimachinery. A name is followed by `[]` (a list), `{}` (a map), `{b}` (a map of bytes), `#` (a number), `?` (a number whose
 * zero counts), `!` (true or false), `~` (true, or left out: Go writes such a false, and JSON leaves it out), `+` (its fields stand among ours), and `:Message` when it is one.
 * Simplified: fields that kubectl's commands never set are left out, and so skipped.
 */
export const MESSAGES: Readonly<Record<string, string>> = {
  TypeMeta: '1=apiVersion 2=kind',
  ObjectMeta:
    '1=name 2=generateName 3=namespace 11=labels{} 12=annotations{} 13=ownerReferences[]:OwnerReference',
  OwnerReference: '1=kind 3=name 4=uid 5=apiVersion 6=controller! 7=blockOwnerDeletion!',
  Namespace: '1=metadata:ObjectMeta 2=spec:NamespaceSpec',
  NamespaceSpec: '1=finalizers[]',
  ConfigMap: '1=metadata:ObjectMeta 2=data{} 3=binaryData{b} 4=immutable!',
  Secret: '1=metadata:ObjectMeta 2=data{b} 3=type 4=stringData{} 5=immutable!',
  ServiceAccount: '1=metadata:ObjectMeta',
  Service: '1=metadata:ObjectMeta 2=spec:ServiceSpec',
  ServiceSpec:
    '1=ports[]:ServicePort 2=selector{} 3=clusterIP 4=type 5=externalIPs[] 7=sessionAffinity 10=externalName 11=externalTrafficPolicy',
  ServicePort: '1=name 2=protocol 3=port# 4=targetPort:IntOrString 5=nodePort#',
  IntOrString: '1=type? 2=intVal? 3=strVal',
  Quantity: '1=string',
  Deployment: '1=metadata:ObjectMeta 2=spec:DeploymentSpec',
  DeploymentSpec:
    '1=replicas? 2=selector:LabelSelector 3=template:PodTemplateSpec 4=strategy:DeploymentStrategy',
  DeploymentStrategy: '1=type',
  LabelSelector: '1=matchLabels{} 2=matchExpressions[]:LabelSelectorRequirement',
  LabelSelectorRequirement: '1=key 2=operator 3=values[]',
  PodTemplateSpec: '1=metadata:ObjectMeta 2=spec:PodSpec',
  PodSpec:
    '2=containers[]:Container 3=restartPolicy 4=terminationGracePeriodSeconds? 5=activeDeadlineSeconds? 6=dnsPolicy 7=nodeSelector{} 8=serviceAccountName 9=serviceAccount 10=nodeName 11=hostNetwork~ 16=hostname 19=schedulerName 20=initContainers[]:Container 22=tolerations[]:Toleration',
  Toleration: '1=key 2=operator 3=value 4=effect 5=tolerationSeconds?',
  Container:
    '1=name 2=image 3=command[] 4=args[] 5=workingDir 6=ports[]:ContainerPort 7=env[]:EnvVar 8=resources:ResourceRequirements 13=terminationMessagePath 14=imagePullPolicy 20=terminationMessagePolicy',
  ContainerPort: '1=name 2=hostPort# 3=containerPort# 4=protocol',
  EnvVar: '1=name 2=value',
  ResourceRequirements: '1=limits{}:Quantity 2=requests{}:Quantity',
  Job: '1=metadata:ObjectMeta 2=spec:JobSpec',
  JobSpec:
    '1=parallelism? 2=completions? 3=activeDeadlineSeconds? 4=selector:LabelSelector 5=manualSelector! 6=template:PodTemplateSpec 7=backoffLimit? 8=ttlSecondsAfterFinished? 9=completionMode 10=suspend!',
  CronJob: '1=metadata:ObjectMeta 2=spec:CronJobSpec',
  CronJobSpec:
    '1=schedule 2=startingDeadlineSeconds? 3=concurrencyPolicy 4=suspend! 5=jobTemplate:JobTemplateSpec 6=successfulJobsHistoryLimit? 7=failedJobsHistoryLimit? 8=timeZone',
  JobTemplateSpec: '1=metadata:ObjectMeta 2=spec:JobSpec',
  Ingress: '1=metadata:ObjectMeta 2=spec:IngressSpec',
  IngressSpec:
    '1=defaultBackend:IngressBackend 2=tls[]:IngressTLS 3=rules[]:IngressRule 4=ingressClassName',
  IngressBackend: '4=service:IngressServiceBackend',
  IngressServiceBackend: '1=name 2=port:ServiceBackendPort',
  ServiceBackendPort: '1=name 2=number#',
  IngressTLS: '1=hosts[] 2=secretName',
  IngressRule: '1=host 2=value+:IngressRuleValue',
  IngressRuleValue: '1=http:HTTPIngressRuleValue',
  HTTPIngressRuleValue: '1=paths[]:HTTPIngressPath',
  HTTPIngressPath: '1=path 2=backend:IngressBackend 3=pathType',
  PodDisruptionBudget: '1=metadata:ObjectMeta 2=spec:PodDisruptionBudgetSpec',
  PodDisruptionBudgetSpec:
    '1=minAvailable:IntOrString 2=selector:LabelSelector 3=maxUnavailable:IntOrString',
  Eviction: '1=metadata:ObjectMeta 2=deleteOptions:DeleteOptions',
  DeleteOptions:
    '1=gracePeriodSeconds? 2=preconditions:Preconditions 3=orphanDependents! 4=propagationPolicy 5=dryRun[]',
  Preconditions: '1=uid 2=resourceVersion',
  HorizontalPodAutoscaler: '1=metadata:ObjectMeta 2=spec:HorizontalPodAutoscalerSpec',
  HorizontalPodAutoscalerSpec:
    '1=scaleTargetRef:CrossVersionObjectReference 2=minReplicas? 3=maxReplicas# 4=metrics[]:MetricSpec',
  CrossVersionObjectReference: '1=kind 2=name 3=apiVersion',
  MetricSpec: '1=type 4=resource:ResourceMetricSource',
  ResourceMetricSource: '1=name 2=target:MetricTarget',
  MetricTarget: '1=type 2=value:Quantity 3=averageValue:Quantity 4=averageUtilization?',
  Role: '1=metadata:ObjectMeta 2=rules[]:PolicyRule',
  ClusterRole: '1=metadata:ObjectMeta 2=rules[]:PolicyRule 3=aggregationRule:AggregationRule',
  PolicyRule: '1=verbs[] 2=apiGroups[] 3=resources[] 4=resourceNames[] 5=nonResourceURLs[]',
  AggregationRule: '1=clusterRoleSelectors[]:LabelSelector',
  RoleBinding: '1=metadata:ObjectMeta 2=subjects[]:Subject 3=roleRef:RoleRef',
  ClusterRoleBinding: '1=metadata:ObjectMeta 2=subjects[]:Subject 3=roleRef:RoleRef',
  Subject: '1=kind 2=apiGroup 3=name 4=namespace',
  RoleRef: '1=apiGroup 2=kind 3=name',
  SelfSubjectAccessReview: '1=metadata:ObjectMeta 2=spec:SelfSubjectAccessReviewSpec',
  SelfSubjectAccessReviewSpec:
    '1=resourceAttributes:ResourceAttributes 2=nonResourceAttributes:NonResourceAttributes',
  ResourceAttributes: '1=namespace 2=verb 3=group 4=version 5=resource 6=subresource 7=name',
  NonResourceAttributes: '1=path 2=verb',
  SubjectAccessReview: '1=metadata:ObjectMeta 2=spec:SubjectAccessReviewSpec',
  LocalSubjectAccessReview: '1=metadata:ObjectMeta 2=spec:SubjectAccessReviewSpec',
  SubjectAccessReviewSpec:
    '1=resourceAttributes:ResourceAttributes 2=nonResourceAttributes:NonResourceAttributes 3=user 4=groups[] 6=uid',
  SelfSubjectRulesReview: '1=metadata:ObjectMeta 2=spec:SelfSubjectRulesReviewSpec',
  SelfSubjectRulesReviewSpec: '1=namespace',
  SelfSubjectReview: '1=metadata:ObjectMeta',
  TokenReview: '1=metadata:ObjectMeta 2=spec:TokenReviewSpec',
  TokenReviewSpec: '1=token 2=audiences[]',
  TokenRequest: '1=metadata:ObjectMeta 2=spec:TokenRequestSpec',
  TokenRequestSpec: '1=audiences[] 3=boundObjectRef:BoundObjectReference 4=expirationSeconds?',
  BoundObjectReference: '1=kind 2=apiVersion 3=name 4=uid',
};
