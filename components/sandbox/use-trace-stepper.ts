import { useEffect } from 'react';
import type { ShownTrace } from '#lib/sandbox/protocol.ts';
import { useStepper } from '#components/packet-trace/use-stepper.ts';

/** Steps through the last trace; a new one is shown from its end, and stepping begins at its first hop again. */
export function useTraceStepper(trace: ShownTrace | undefined) {
  const hopCount = trace?.hops.length ?? 0;
  const stepper = useStepper(hopCount, hopCount);
  const { goTo } = stepper;
  useEffect(() => {
    goTo(Number.MAX_SAFE_INTEGER);
  }, [trace?.id, goTo]);
  return stepper;
}
