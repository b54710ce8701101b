/**
 * A place in the picture where a packet can stand: `pod:shop/web`, `bridge:node-a`, `gate:node-a` (netfilter),
 * `route:node-a`, `plug:node-a` (eth0), `switch` (the wire between nodes), `outside` (anything that is no node).
 */
export type StationId = string;

/**
 * `tall`: nodes one above the other; `wide`: two columns, the second mirrored, so that the plugs face each other;
 * `compact`: as wide, without the names of veths and with one gate for rules and routes.
 */
export type Shape = 'tall' | 'wide' | 'compact';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export type Point = readonly [x: number, y: number];

export interface PodBox extends Box {
  readonly key: string;
  readonly label: string;
  readonly sub: string;
  readonly isReady: boolean;
  /** `ingress`, `egress` or both: a policy gate stands at it. */
  readonly isolated?: string;
  /** Where its eth0 meets the wire. */
  readonly port: Point;
  readonly veth?: string;
}

export interface NodeBox extends Box {
  readonly name: string;
  readonly address: string;
  readonly podCidr?: string;
  readonly isReady: boolean;
  readonly side: 'left' | 'right';
  readonly pods: readonly PodBox[];
  /** Where the pods' wires meet; some plug-ins have no bridge there, and each pod has a route instead. */
  readonly bridge: Box & { readonly name: string; readonly kind: 'bridge' | 'routes' };
  readonly gate?: Box;
  readonly route?: Box;
  readonly plug: Box;
  /** Height of the line from bridge to plug. */
  readonly trackY: number;
  /** Pods that are there and not drawn. */
  readonly hiddenPods: number;
}

export interface ServiceBox extends Box {
  readonly key: string;
  readonly label: string;
  readonly sub: string;
  readonly ready: number;
  readonly total: number;
  readonly selects: readonly (readonly Point[])[];
}

export interface Wire {
  readonly from: StationId;
  readonly to: StationId;
  readonly points: readonly Point[];
}

export interface TopologyLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly NodeBox[];
  readonly services: readonly ServiceBox[];
  readonly wires: readonly Wire[];
  readonly outside?: Box;
  /** Sentences about what is not drawn. */
  readonly omitted: readonly string[];
}

/** Margin around the picture. */
export const MARGIN = 16;
export const POD_HEIGHT = 42;
export const PLUG = { w: 40, h: 22 } as const;
/** Distance between the dotted edges of two Services. */
export const LANE = 6;
/** Widths of a character: 12.5 px and 11.5 px of a font whose characters are half as wide as high. */
export const CHARACTER = 6.25;
export const SMALL_CHARACTER = 5.75;

export const textWidth = (text: string, character = CHARACTER) =>
  Math.ceil(text.length * character);
