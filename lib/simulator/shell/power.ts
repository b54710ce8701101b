import { isPoweredOn } from '../node/machine-power.ts';
import { finished, type Command } from './command.ts';

/** poweroff, halt, shutdown on a node: the machine goes, and the prompt comes back from where it was. */
export const powerOff: Command = (_, { place, cluster }) => {
  if (place.type === 'node') cluster.setPower(place.node, 'off');
  return { type: 'moved', place: 'back' };
};

const USAGE = 'usage: ipmitool -H NODE chassis power status|on|off|cycle|reset\n';

/** ipmitool: the power switch of a node's machine, from the workstation. */
export const ipmitool: Command = (args, { cluster }) => {
  const host = args[args.indexOf('-H') + 1] ?? '';
  const words = args.filter(
    (arg, i) => !arg.startsWith('-') && !/^-[HUPIL]$/.test(args[i - 1] ?? ''),
  );
  const [verb = ''] = (words[0] === 'chassis' ? words.slice(1) : words).filter(
    (word) => word !== 'power',
  );
  const node = cluster.options.nodes.find(({ name, address }) => name === host || address === host);
  if (!node) return finished('', 1, `Address lookup for ${host} failed\n`);
  switch (verb) {
    case 'status': {
      const state = isPoweredOn(cluster.network, node.name) ? 'on' : 'off';
      return finished(`Chassis Power is ${state}\n`);
    }
    case 'on':
      cluster.setPower(node.name, 'on');
      return finished('Chassis Power Control: Up/On\n');
    case 'off':
      cluster.setPower(node.name, 'off');
      return finished('Chassis Power Control: Down/Off\n');
    case 'cycle':
    case 'reset':
      cluster.setPower(node.name, 'off');
      cluster.setPower(node.name, 'on');
      return finished(`Chassis Power Control: ${verb === 'cycle' ? 'Cycle' : 'Reset'}\n`);
    default:
      return finished('', 1, USAGE);
  }
};
