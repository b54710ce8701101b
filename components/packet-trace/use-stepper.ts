'use client';

import { useCallback, useEffect, useState, type KeyboardEvent } from 'react';

/** How long a hop stays when playing, in milliseconds: the 420 ms of its way and time to read a line. */
const PLAY_INTERVAL = 1_100;

/** A place in a trace of `count` hops, from 1, with the keys of a player. */
export function useStepper(count: number, startAt: number, onStep?: (hopNumber: number) => void) {
  const [current, setCurrent] = useState(() => Math.min(Math.max(1, startAt), Math.max(1, count)));
  const [isPlaying, setIsPlaying] = useState(false);
  const goTo = useCallback(
    (hopNumber: number) => {
      const next = Math.min(Math.max(1, hopNumber), Math.max(1, count));
      setCurrent(next);
      onStep?.(next);
    },
    [count, onStep],
  );
  const shouldPlay = isPlaying && current < count;
  useEffect(() => {
    if (!shouldPlay) return undefined;
    const timer = setTimeout(() => goTo(current + 1), PLAY_INTERVAL);
    return () => clearTimeout(timer);
  }, [shouldPlay, current, goTo]);
  const play = () => {
    if (shouldPlay) return setIsPlaying(false);
    if (current === count) goTo(1);
    setIsPlaying(true);
  };
  const step = (by: number) => {
    setIsPlaying(false);
    goTo(current + by);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isOnButton = event.target instanceof HTMLButtonElement;
    switch (event.key) {
      case '[':
        step(-1);
        break;
      case ']':
        step(1);
        break;
      case 'Home':
        step(-count);
        break;
      case 'End':
        step(count);
        break;
      case ' ':
        if (isOnButton) return;
        play();
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  return { current, isPlaying: shouldPlay, goTo, step, play, onKeyDown };
}
