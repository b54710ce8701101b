// Preloaded into every short-lived step (migrate, seed, build): it ends when whoever started it is gone.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 500).unref();
