import type { NftElementBody } from '../../../linux/netfilter/nft/model.ts';
import type { ProxyConfig } from '../proxy-config.ts';
import type { ServedService, ServiceView } from '../service-view.ts';
import { changesBetween } from '../view-changes.ts';
import { objectsOf, objectsVariant } from './port-objects.ts';
import type { SharedSet } from './service-chains.ts';

interface SharedElement {
  readonly set: SharedSet;
  readonly element: NftElementBody;
}

/** Who wants an element: Services in the order of their keys. Two may want the same key; the last one has it. */
interface Wanting extends SharedElement {
  readonly service: string;
}

/** Set and key → who wants an element there. */
type ElementIndex = Map<string, Wanting[]>;

/** A key of a shared set; without `wanted` nobody wants an element there any more. */
export interface TouchedElement {
  readonly set: string;
  readonly key: string;
  readonly wanted?: NftElementBody;
}

const placeOf = ({ set, element }: SharedElement) => `${set} ${element.key}`;

/** What a Service wants in the shared sets: of two for one key, the later. */
function elementsOf(
  service: ServedService | undefined,
  config: ProxyConfig,
): ReadonlyMap<string, SharedElement> {
  const objects = service ? objectsOf(service, config) : [];
  const elements = objects.flatMap((each) => each.elements);
  return new Map(elements.map((each) => [placeOf(each), each]));
}

function enter(index: ElementIndex, service: ServedService, config: ProxyConfig): void {
  for (const [place, each] of elementsOf(service, config)) {
    const wanting = { ...each, service: service.key };
    const others = index.get(place);
    if (!others) index.set(place, [wanting]);
    else {
      const at = others.findIndex((other) => other.service > service.key);
      others.splice(at < 0 ? others.length : at, 0, wanting);
    }
  }
}

function leave(index: ElementIndex, service: ServedService, config: ProxyConfig): void {
  for (const place of elementsOf(service, config).keys()) {
    const others = (index.get(place) ?? []).filter((other) => other.service !== service.key);
    if (others.length > 0) index.set(place, others);
    else index.delete(place);
  }
}

/** The index of a view, by what nodes may differ in. That of an older view is taken over and brought up to date. */
const indexes = new WeakMap<ServiceView, Map<string, ElementIndex>>();

function takeOver(
  before: ServiceView,
  view: ServiceView,
  of: string,
  config: ProxyConfig,
): ElementIndex | undefined {
  const index = indexes.get(before)?.get(of);
  if (!index) return undefined;
  indexes.get(before)?.delete(of);
  for (const { was, now } of changesBetween(before, view)) {
    if (was) leave(index, was, config);
    if (now) enter(index, now, config);
  }
  return index;
}

function indexOf(
  before: ServiceView | undefined,
  view: ServiceView,
  config: ProxyConfig,
): ElementIndex {
  const { nodeName, nodeAddress, nodeLabels } = config;
  const isShared = view.differingCount === 0 && (before?.differingCount ?? 0) === 0;
  const own = isShared ? [] : [nodeName, nodeAddress, nodeLabels];
  const of = JSON.stringify([objectsVariant(config), ...own]);
  const variants = indexes.get(view) ?? new Map<string, ElementIndex>();
  indexes.set(view, variants);
  const known = variants.get(of) ?? (before && takeOver(before, view, of, config));
  const index = known ?? new Map<string, Wanting[]>();
  if (!known) for (const service of view.services) enter(index, service, config);
  variants.set(of, index);
  return index;
}

/** Where a Service has elements in the shared sets, as text that is remembered of it. */
export const elementPlaces = (service: ServedService, config: ProxyConfig): readonly string[] => [
  ...elementsOf(service, config).keys(),
];

/**
 * What is wanted at these places now. Costs what changed since `before`, and one look at all Services when nothing is
 * known of that view.
 */
export function elementsAt(
  places: Iterable<string>,
  view: ServiceView,
  config: ProxyConfig,
  before: ServiceView | undefined,
): readonly TouchedElement[] {
  const index = indexOf(before, view, config);
  return Array.from(places, (place) => {
    const wanted = index.get(place)?.at(-1)?.element;
    const at = place.indexOf(' ');
    return { set: place.slice(0, at), key: place.slice(at + 1), ...(wanted && { wanted }) };
  });
}
