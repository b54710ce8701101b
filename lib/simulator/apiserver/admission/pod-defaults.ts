import type { Pod } from '../../api/core/pod.ts';
import { admitPodSpec } from '../../api/core/pod-defaults.ts';
import type { AdmissionPlugin } from './admission-plugin.ts';

/** Priority and tolerations that every pod gets (plugins Priority and DefaultTolerationSeconds). */
export const podDefaults: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admit({ operation, kind, object }) {
    if (operation === 'CREATE' && kind.kind === 'Pod' && !kind.custom) {
      admitPodSpec((object as unknown as Pod).spec);
    }
    return undefined;
  },
};
