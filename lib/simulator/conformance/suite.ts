/** One thing that was asked and answered otherwise than the table says. */
export interface Failure {
  readonly case: string;
  /** What of the case: a query, a chain, a probe. */
  readonly probe: string;
  readonly expected: string;
  readonly seen: string;
  /** What led to it, for people; printed below the failure. */
  readonly trace?: string;
}

/** A part of the table that we do not claim yet. */
export interface Skip {
  readonly case: string;
  readonly probe: string;
  readonly reason: string;
}

/** Answers of another sort than the table's rows, counted by themselves. */
export interface Apart {
  /** What they have in common: `a pod reaches itself`. */
  readonly name: string;
  readonly passed: number;
  readonly total: number;
  readonly failures: readonly Failure[];
}

export interface SuiteResult {
  readonly passed: number;
  /** Passed and failed together; what was skipped is not in it. */
  readonly total: number;
  readonly skipped: readonly Skip[];
  readonly failures: readonly Failure[];
  /** Scored apart, and not in `passed` and `total`. Absent: nothing is. */
  readonly apart?: readonly Apart[];
}

/** A table of recorded behaviour, and how the simulator answers it. Judges by the file's format, never by a case's name. */
export interface Suite {
  /** Also the file's name without `.json`. */
  readonly name: string;
  /** What is counted: `query`, `dump`, `allocation`. */
  readonly unit: string;
  /** `file` is the parsed JSON, whatever cases it holds. */
  run(file: unknown): SuiteResult;
}

/** Counts while a suite goes through its table. */
export class Tally {
  private passed = 0;
  private readonly failures: Failure[] = [];
  private readonly skips: Skip[] = [];
  private readonly apart = new Map<string, Tally>();

  /** Compares as text. */
  compare(
    about: { case: string; probe: string },
    expected: string,
    seen: string,
    trace?: string,
  ): void {
    if (expected === seen) this.passed += 1;
    else this.failures.push({ ...about, expected, seen, ...(trace !== undefined && { trace }) });
  }

  /** Runs a case. One that breaks the simulator is a failure, and those behind it are run all the same. */
  guard(name: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.compare({ case: name, probe: 'the case itself' }, 'runs', String(error));
    }
  }

  skip(about: { case: string; probe: string }, reason: string): void {
    this.skips.push({ ...about, reason });
  }

  /** Where answers are counted that are scored apart under this name. */
  apartAs(name: string): Tally {
    const tally = this.apart.get(name) ?? new Tally();
    this.apart.set(name, tally);
    return tally;
  }

  result(): SuiteResult {
    const { passed, failures, skips } = this;
    const apart = [...this.apart]
      .map(([name, tally]) => ({ name, ...tally.counts() }))
      .filter(({ total }) => total > 0);
    return {
      passed,
      total: passed + failures.length,
      skipped: skips,
      failures,
      ...(apart.length > 0 && { apart }),
    };
  }

  private counts(): Omit<Apart, 'name'> {
    const { passed, failures } = this;
    return { passed, total: passed + failures.length, failures };
  }
}
