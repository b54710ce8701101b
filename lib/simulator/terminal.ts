/** The simulator's door to the commands of the terminal, which a page loads when its cluster stands. */
export { createShellSystem } from './shell/system.ts';
