/** One thing that is wrong with a cluster's options. */
export interface OptionProblem {
  /** Where: `podCidr`, `nodes[1].address`. */
  readonly path: string;
  /** A sentence or two; what follows a component's name and a colon is what that component would say. */
  readonly message: string;
}

/** As one line: `podCidr: ...`. */
export const formatOptionProblem = ({ path, message }: OptionProblem): string =>
  path === '' ? message : `${path}: ${message}`;
