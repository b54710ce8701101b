/** Names an object that is the reason for something. Opaque to `linux/`: a real kube-proxy rule carries a comment likewise. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** What of the object decided, for people: "endpoint 2 of 3", ".spec.podCIDR". */
  readonly detail?: string;
}

/** `Service shop/catalog`, or `Node node-a`. */
export function formatObjectRef(ref: ObjectRef): string {
  return `${ref.kind} ${ref.namespace === undefined ? '' : `${ref.namespace}/`}${ref.name}`;
}
