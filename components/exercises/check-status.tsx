import type { CheckState } from './use-check.ts';

/** One line beside the criteria: what the last check said, or why there is no answer yet. */
export function CheckStatus({ state }: { readonly state: CheckState }) {
  switch (state.type) {
    case 'none':
      return null;
    case 'checking':
      return <>The server replays what you did …</>;
    case 'waiting':
      return state.reason === 'offline' ? (
        <>No connection. Your check is kept here and sent when the server can be reached.</>
      ) : (
        <>The server is busy. Your check is kept here and sent again in a moment.</>
      );
    case 'problem':
      return <>{state.problem}</>;
    case 'graded': {
      const { findings } = state.verdict;
      return (
        <>
          {findings.filter(({ passed }) => passed).length} of {findings.length} hold
        </>
      );
    }
  }
}
