'use client';

import {
  useEffect,
  useRef,
  useState,
  type ClipboardEvent,
  type KeyboardEvent,
  type RefObject,
} from 'react';
import type { LogEntry } from '#lib/sandbox/browser/sandbox-log.ts';
import { applyCompletion } from './complete-line.ts';
import { historyOf, moveInHistory, searchBack } from './line-history.ts';
import { splitPaste } from './split-paste.ts';
import { TerminalLog } from './terminal-log.tsx';
import './terminal.css';

export interface TerminalProps {
  readonly log: readonly LogEntry[];
  /** What stands before the mark; empty while a quote or a here-document waits for its end. */
  readonly prompt: string;
  /** Something runs in the foreground and has the terminal. */
  readonly isRunning: boolean;
  readonly isReady: boolean;
  readonly onLine: (line: string) => void;
  readonly onInterrupt: () => void;
  readonly complete: (line: string) => Promise<readonly string[]>;
  /** Put at the prompt, not run; a new `id` puts it again. */
  readonly typed?: { readonly id: number; readonly line: string };
}

/** A prompt with history, completion and search. Esc, then Tab, leaves it. */
export function Terminal(props: TerminalProps) {
  const { log, prompt, isRunning, isReady } = props;
  const input = useRef<HTMLTextAreaElement>(null);
  const line = useCommandLine(props, input);
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = scroll.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, [log, line.candidates, isRunning]);
  const focusInput = () => {
    if (getSelection()?.isCollapsed !== false) input.current?.focus({ preventScroll: true });
  };
  return (
    <div className="term terminal" ref={scroll} onClick={focusInput}>
      <TerminalLog log={log.filter((entry) => entry.id > line.clearedTo)} />
      {line.candidates.length > 0 && (
        <p className="terminal-candidates" role="status">
          {line.candidates.slice(0, 60).join('  ')}
          {line.candidates.length > 60 && `  and ${line.candidates.length - 60} more`}
        </p>
      )}
      <div
        className="terminal-line"
        hidden={isRunning && line.search === undefined && line.text === ''}
      >
        <label className="terminal-prompt" htmlFor="terminal-input">
          {line.search !== undefined ? (
            <span className="d">(reverse-i-search)`{line.search}&#39;: </span>
          ) : (
            <>
              <span className="vh">Command at </span>
              <span className="p">{prompt === '' ? '>' : `${prompt} ❯`} </span>
            </>
          )}
        </label>
        <textarea
          id="terminal-input"
          className="terminal-input"
          ref={input}
          rows={1}
          value={line.text}
          readOnly={!isReady}
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          autoComplete="off"
          aria-describedby="terminal-help"
          onChange={(event) => line.setText(event.target.value.replaceAll('\n', ''))}
          onKeyDown={line.onKeyDown}
          onPaste={line.onPaste}
        />
      </div>
      {isRunning && (
        <p className="terminal-running d">
          Running.{' '}
          <button type="button" className="terminal-stop" onClick={props.onInterrupt}>
            Stop it
          </button>{' '}
          or press Ctrl+C.
        </p>
      )}
      <p id="terminal-help" className="vh">
        Up and Down walk through earlier lines, Tab completes, Control R searches, Control L clears,
        Control C interrupts. Press Escape, then Tab, to leave the terminal.
      </p>
    </div>
  );
}

/** The state of the line being typed, and its keys. */
function useCommandLine(
  { log, isRunning, onLine, onInterrupt, complete, typed }: TerminalProps,
  input: RefObject<HTMLTextAreaElement | null>,
) {
  const lines = log.filter((entry) => entry.kind === 'command').map((entry) => entry.input);
  const [text, setTextState] = useState('');
  const [history, setHistory] = useState(() => historyOf(lines));
  const [search, setSearch] = useState<string>();
  const [candidates, setCandidates] = useState<readonly string[]>([]);
  const [clearedTo, setClearedTo] = useState(0);
  const [typedId, setTypedId] = useState(typed?.id);
  const mayLeave = useRef(false);
  if (typed && typed.id !== typedId) {
    setTypedId(typed.id);
    setTextState(typed.line);
  }
  useEffect(() => {
    if (typedId !== undefined) input.current?.focus({ preventScroll: true });
  }, [typedId, input]);

  const setText = (value: string) => {
    if (search !== undefined) {
      setSearch(value);
      return;
    }
    setTextState(value);
    setCandidates([]);
  };
  const run = (line: string) => {
    setTextState('');
    setCandidates([]);
    setHistory(historyOf([...lines, line]));
    onLine(line);
  };
  const walk = (by: -1 | 1) => {
    const fresh = history.lines.length === 0 ? historyOf(lines) : history;
    const moved = moveInHistory(fresh, by, text);
    setHistory(moved.history);
    setTextState(moved.shown);
  };
  const finishCompletion = async () => {
    const before = text;
    const completion = applyCompletion(before, await complete(before));
    setTextState((now) => (now === before ? completion.line : now));
    setCandidates(completion.candidates);
  };
  const found = search === undefined ? -1 : searchBack(history.lines, search);
  const endSearch = (take: 'take' | 'drop') => {
    if (take === 'take' && found >= 0) setTextState(history.lines[found] ?? '');
    setSearch(undefined);
  };

  const onControl = (key: string): boolean => {
    switch (key) {
      case 'c': {
        const field = input.current;
        if (field && field.selectionStart !== field.selectionEnd) return false; // a copy
        if (getSelection()?.isCollapsed === false) return false;
        if (search !== undefined) endSearch('drop');
        else if (isRunning) onInterrupt();
        else setTextState('');
        return true;
      }
      case 'l':
        setClearedTo(log.at(-1)?.id ?? 0);
        return true;
      case 'r':
        setHistory(historyOf(lines));
        setSearch('');
        return true;
      case 'u':
        setTextState('');
        return true;
      default:
        return false;
    }
  };
  const onPlainKey = (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
    switch (event.key) {
      case 'Enter':
        if (search !== undefined) {
          endSearch('take');
          return true;
        }
        if (!isRunning) run(text);
        return true;
      case 'ArrowUp':
        walk(-1);
        return true;
      case 'ArrowDown':
        walk(1);
        return true;
      case 'Escape':
        mayLeave.current = true;
        if (search !== undefined) endSearch('take');
        return true;
      case 'Tab':
        if (mayLeave.current || event.shiftKey) return false;
        void finishCompletion();
        return true;
      default:
        return false;
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || event.metaKey) return;
    const isDone = event.ctrlKey ? onControl(event.key.toLowerCase()) : onPlainKey(event);
    if (event.key !== 'Escape' && event.key !== 'Shift') mayLeave.current = false;
    if (isDone) event.preventDefault();
  };
  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const pasted = event.clipboardData.getData('text');
    if (!pasted.includes('\n')) return;
    event.preventDefault();
    const { selectionStart, selectionEnd } = event.currentTarget;
    const { run: whole, rest } = splitPaste(
      text.slice(0, selectionStart),
      pasted,
      text.slice(selectionEnd),
    );
    whole.forEach(onLine);
    setTextState(rest);
  };
  const shown = search === undefined ? text : (history.lines[found] ?? search);
  return {
    text: search === undefined ? text : shown,
    setText,
    search,
    candidates,
    clearedTo,
    onKeyDown: search === undefined ? onKeyDown : onSearchKey(),
    onPaste,
  };

  /** While searching, typed characters extend the query rather than the line. */
  function onSearchKey() {
    return (event: KeyboardEvent<HTMLTextAreaElement>) => {
      if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
        setSearch((search ?? '') + event.key);
        event.preventDefault();
      } else if (event.key === 'Backspace') {
        setSearch((search ?? '').slice(0, -1));
        event.preventDefault();
      } else onKeyDown(event);
    };
  }
}
