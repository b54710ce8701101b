import { CodeText } from '#components/packet-trace/code-text.tsx';

/** The text of a question: paragraphs, code words in backticks, and the code it is about. */
export function Stem({
  text,
  code,
}: {
  readonly text: string;
  readonly code?: string | undefined;
}) {
  return (
    <>
      {text.split(/\n\s*\n/).map((paragraph, at) => (
        <p key={at} className="stem">
          <CodeText text={paragraph} />
        </p>
      ))}
      {code !== undefined && (
        <pre className="code stem-code" tabIndex={0}>
          <code>{code}</code>
        </pre>
      )}
    </>
  );
}
