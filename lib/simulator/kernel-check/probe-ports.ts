/** What every backend listens on, TCP and UDP. */
export const OPEN_PORT = 8080;
/** What only some backends listen on. */
export const RARE_PORT = 9090;
/** What nobody listens on. */
export const CLOSED_PORT = 7070;
