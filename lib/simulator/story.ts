/** The simulator's door to traces in words, which a page loads when packets have been sent. */
export { tellStory } from './trace/tell-story.ts';
