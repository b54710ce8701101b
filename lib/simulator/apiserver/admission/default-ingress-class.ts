import type { Ingress, IngressClass } from '../../api/networking/ingress.ts';
import type { AdmissionPlugin } from './admission-plugin.ts';

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
const OLD_CLASS = 'kubernetes.io/ingress.class';

/**
 * An Ingress without a class gets the default one; of several the newest, then the first by name
 * (plugin/pkg/admission/network/defaultingressclass).
 */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  admit({ operation, kind, object, store }) {
    if (operation !== 'CREATE' || kind.kind !== 'Ingress' || kind.custom) return undefined;
    const { spec, metadata } = object as unknown as Ingress;
    if (spec.ingressClassName !== undefined || metadata.annotations?.[OLD_CLASS] !== undefined) {
      return undefined;
    }
    const bornAt = (each: IngressClass) => each.metadata.creationTimestamp ?? '';
    const [chosen] = store
      .list<IngressClass>('IngressClass')
      .filter((each) => each.metadata.annotations?.[IS_DEFAULT] === 'true')
      .toSorted((a, b) => (bornAt(a) > bornAt(b) ? -1 : bornAt(a) < bornAt(b) ? 1 : 0));
    if (chosen) spec.ingressClassName = chosen.metadata.name;
    return undefined;
  },
};
