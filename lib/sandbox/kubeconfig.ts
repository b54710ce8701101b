interface Cluster {
  /** Where the API stands: `https://hopwise.example.com/api/sandboxes/.../kube`. */
  readonly address: string;
  readonly token: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * A kubeconfig with one context. Over plain http client-go sends no token (tools/clientcmd, `DirectClientConfig`: "only
 * try to read the auth information if we are secure"), but Go's http client sends what stands before the host as Basic
 * credentials: there the token is the password.
 */
export function kubeconfigOf({ address, token, namespace, name }: Cluster): string {
  const isSecure = address.startsWith('https://');
  const server = isSecure ? address : address.replace('http://', `http://kubectl:${token}@`);
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${name}
    cluster:
      server: ${server}
users:
  - name: learner
    user: ${isSecure ? `{ token: ${token} }` : '{}'}
contexts:
  - name: ${name}
    context: { cluster: ${name}, user: learner, namespace: ${namespace} }
current-context: ${name}
`;
}

/** The token of an `Authorization` header, in either way that kubectl sends it. */
export function tokenOf(authorization: string | null): string | undefined {
  const [scheme = '', value = ''] = (authorization ?? '').split(' ');
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const text = decodeBase64(value);
      return text?.slice(text.indexOf(':') + 1);
    }
    default:
      return undefined;
  }
}

function decodeBase64(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
