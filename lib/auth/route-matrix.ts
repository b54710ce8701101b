/**
 * Who gets an answer: `everyone`; `known`: guests and users, because a row of theirs is needed; `user`: who signed in
 * (others are sent to sign in); `author`, `reviewer`, `admin`: the role and those above it (for others the page does
 * not exist).
 */
export type Audience = 'everyone' | 'known' | 'user' | 'author' | 'reviewer' | 'admin';

export interface RouteRow {
  /** the folder in `app/` without groups, such as `/learn/[module]/[lesson]` */
  readonly route: string;
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[];
  readonly who: Audience;
  /** addresses that exist, for the crawl; an address that a test cannot know stays out */
  readonly examples: readonly string[];
}

const page = (route: string, who: Audience, ...examples: string[]): RouteRow => ({
  route,
  methods: ['GET'],
  who,
  examples: examples.length === 0 && !route.includes('[') ? [route] : examples,
});

/** Every page and route handler of `app/`. A new one without a row fails lib/auth/route-matrix.test.ts. */
export const ROUTE_MATRIX: readonly RouteRow[] = [
  page('/', 'everyone'),
  page('/api/livez', 'everyone'),
  page('/api/readyz', 'everyone'),
  page('/api/account/export', 'known'),
  {
    route: '/api/auth/[...nextauth]',
    methods: ['GET', 'POST'],
    who: 'everyone',
    examples: ['/api/auth/session', '/api/auth/csrf', '/api/auth/providers'],
  },
  ...['submit', 'solution'].map((act): RouteRow => ({
    route: `/api/exercises/[slug]/${act}`,
    methods: ['POST'],
    who: 'everyone',
    examples: [`/api/exercises/selector-matches-nothing/${act}`],
  })),
  {
    route: '/api/exercises/[slug]/draft',
    methods: ['PUT'],
    who: 'everyone',
    examples: ['/api/exercises/selector-matches-nothing/draft'],
  },
  { route: '/api/sandboxes', methods: ['POST'], who: 'everyone', examples: ['/api/sandboxes'] },
  {
    route: '/api/sandboxes/[sandboxId]',
    methods: ['DELETE'],
    who: 'known',
    examples: [],
  },
  {
    route: '/api/sandboxes/[sandboxId]/actions',
    methods: ['GET', 'POST'],
    who: 'known',
    examples: [],
  },
  {
    // Who may is in the token of a kubeconfig, never in a cookie.
    route: '/api/sandboxes/[sandboxId]/kube/[...path]',
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    who: 'everyone',
    examples: [],
  },
  page('/exercises', 'everyone'),
  page('/exercises/[slug]', 'everyone', '/exercises/selector-matches-nothing'),
  page('/sandbox', 'everyone'),
  page('/fidelity', 'everyone'),
  page('/signin', 'everyone'),
  page('/settings', 'everyone'),
  page('/link/[token]', 'everyone'),
  page('/admin', 'admin'),
  page('/practice', 'everyone'),
  page('/progress', 'everyone'),
  page('/learn', 'everyone'),
  page('/learn/[module]', 'everyone', '/learn/services', '/learn/dns'),
  page('/learn/[module]/[lesson]', 'everyone', '/learn/services/services'),
  page('/learn/[module]/[lesson]/quiz', 'everyone', '/learn/services/services/quiz'),
  { route: '/api/attempts', methods: ['POST'], who: 'everyone', examples: ['/api/attempts'] },
  {
    route: '/api/lessons/[slug]/finish',
    methods: ['POST'],
    who: 'everyone',
    examples: ['/api/lessons/services/finish'],
  },
];
