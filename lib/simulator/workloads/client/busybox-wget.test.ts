import { expect, test } from 'vitest';
import { createProgramLab, runClient, start } from '../../testing/program-lab.ts';

const FILES = { '/bin/busybox': '' };

function lab() {
  const made = createProgramLab();
  start(made, 'server', 'agnhost netexec --http-port=80');
  return made;
}

/** What BusyBox v1.35.0 printed for the same. */
test.each([
  [
    'wget -O- http://10.0.0.2/hostname',
    'Connecting to 10.0.0.2 (10.0.0.2:80)\nwriting to stdout\nserver-                    100% |********************************|     6  0:00:00 ETA\nwritten to stdout\n',
    0,
  ],
  ['wget -qO- http://10.0.0.2/hostname', 'server', 0],
  [
    'wget http://10.0.0.2/hostname',
    "Connecting to 10.0.0.2 (10.0.0.2:80)\nsaving to 'hostname'\nhostname             100% |********************************|     6  0:00:00 ETA\n'hostname' saved\n",
    0,
  ],
  [
    'wget --spider http://10.0.0.2/',
    'Connecting to 10.0.0.2 (10.0.0.2:80)\nremote file exists\n',
    0,
  ],
  [
    'wget -O- http://10.0.0.2:9',
    "Connecting to 10.0.0.2:9 (10.0.0.2:9)\nwget: can't connect to remote host (10.0.0.2): Connection refused\n",
    1,
  ],
  ['wget -q -O- http://10.0.0.2/nope', 'wget: server returned error: HTTP/1.1 404 Not Found\n', 1],
  ['wget -q -T 1 -O- http://10.0.0.9', 'wget: download timed out\n', 1],
  ['wget -O- http://nosuch', "wget: bad address 'nosuch'\n", 1],
])('%s of BusyBox', (line, output, exitCode) => {
  expect(runClient(lab(), line, FILES)).toEqual({ output, exitCode });
});

test.each([
  ['curl -s --interface eth0 http://10.0.0.2/hostname', 'server', 0],
  ['curl -s --interface 10.0.0.1 http://10.0.0.2/hostname', 'server', 0],
  ['curl -sS --interface nope http://10.0.0.2', "curl: (45) Couldn't bind to 'nope'\n", 45],
  [
    'curl -sS --interface 10.0.0.99 http://10.0.0.2',
    'curl: (45) bind failed with errno 99: Cannot assign requested address\n',
    45,
  ],
  ['nc -zv 10.0.0.2 80', 'Connection to 10.0.0.2 80 port [tcp/http] succeeded!\n', 0],
  ['nc -zv -p 5000 10.0.0.2 80', 'Connection to 10.0.0.2 80 port [tcp/http] succeeded!\n', 0],
  [
    'nc -zv 10.0.0.2 79-80',
    'nc: connect to 10.0.0.2 port 79 (tcp) failed: Connection refused\nConnection to 10.0.0.2 80 port [tcp/http] succeeded!\n',
    0,
  ],
])('%s', (line, output, exitCode) => {
  expect(runClient(lab(), line)).toEqual({ output, exitCode });
});
