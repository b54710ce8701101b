/** A container image as far as somebody can notice: what it starts and which commands exist inside. */
export interface Image {
  /** Without a tag: `nginx`, `registry.k8s.io/e2e-test-images/agnhost`. Any tag is accepted. */
  readonly repository: string;
  /** ENTRYPOINT: what a container's `command` replaces. Empty where the image's script only runs its arguments. */
  readonly entrypoint: readonly string[];
  /** CMD: what a container's `args` replaces. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  /** Commands that `exec` finds: `sh`, `curl`, `dig`. */
  readonly commands: readonly string[];
  /** Bytes, for the kubelet's "Image size" message. */
  readonly size: number;
}
