import { formatMicroTime } from '../../base/clock.ts';
import type { Program, SystemCalls } from '../../linux/program.ts';
import { formatHttpDate } from '../calendar.ts';
import { flagOf } from '../go-flags.ts';
import { httpResponse, serveHttp } from '../http-server.ts';

const HEALTH_PORT = 20_244;

/** One line of klog, as in `I0513 00:28:57.065923       1 health_controller.go:127] Starting health controller`. */
function log(calls: SystemCalls, place: string, text: string): void {
  const [date = '', time = ''] = formatMicroTime(calls.now).split('T');
  const day = date.slice(5).replace('-', '');
  calls.printError(`I${day} ${time.replace('Z', '')}       1 ${place}] ${text}\n`);
}

const isOn = (args: readonly string[], flag: string) =>
  !args.includes(`--${flag}=false`) && flagOf(args, flag) !== 'false';

/**
 * kube-router: says that it runs, and answers /healthz. Simplified: its rules are written by the policy agent of the node
 * (node/policy-agent), while this program runs; it has no routes, no Service proxy and no metrics of its own, whatever its
 * arguments ask for. It takes its place in the API for granted, whatever its ServiceAccount may do. The places in its log are
 * from several versions.
 */
export const KUBE_ROUTER: Program<null> = {
  name: 'kube-router',
  start(args, calls) {
    log(calls, 'version.go:66', 'Running /usr/local/bin/kube-router version v2.6.0');
    const asked = Number(flagOf(args, 'health-port') ?? HEALTH_PORT);
    log(calls, 'health_controller.go:127', 'Starting health controller');
    // Port 0 turns it off; one that is taken stops nothing else.
    if (asked > 0) calls.listen(asked);
    if (isOn(args, 'run-firewall')) {
      const file = 'network_policy_controller.go';
      log(calls, `${file}:163`, 'Starting network policy controller');
      log(calls, `${file}:175`, 'Starting network policy controller full sync goroutine');
    }
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'signal') {
      log(calls, 'kube-router.go:245', 'Shutting down the controllers');
      calls.exit(0);
      return;
    }
    serveHttp(event, calls, ({ request }) => {
      const isHealth = request.target.split('?')[0] === '/healthz';
      return httpResponse(
        isHealth ? 200 : 404,
        [
          ['Content-Type', 'text/plain; charset=utf-8'],
          ['Date', formatHttpDate(calls.now)],
        ],
        isHealth ? 'OK\n' : '404 page not found\n',
      );
    });
  },
};
