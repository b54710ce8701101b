import { EITHER_FAMILY } from './policy-rules.ts';
import { between, object, text, union, type PolicyForm } from './policy-schema.ts';

const port = between(1, 65535);
const protocol = { ...text, default: 'TCP' };

/** What the two kinds of v1alpha1 have in common. */
export const ADMIN_FORM: Pick<PolicyForm, 'requiredOfPods' | 'cidr' | 'ports' | 'limit'> = {
  requiredOfPods: 'namespaceSelector podSelector',
  cidr: { ...text, maxLength: 43, 'x-kubernetes-validations': [EITHER_FAMILY] },
  ports: [
    'ports',
    union({
      namedPort: text,
      portNumber: object({ port, protocol }, 'port protocol'),
      portRange: object({ end: port, protocol, start: port }, 'end start'),
    }),
  ],
  limit: 100,
};
