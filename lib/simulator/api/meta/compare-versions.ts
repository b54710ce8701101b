const STAGES = ['', 'beta', 'alpha'];

function parse(version: string): readonly number[] | undefined {
  const [, major, stage = '', minor = '0'] =
    /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version) ?? [];
  return major === undefined ? undefined : [STAGES.indexOf(stage), -Number(major), -Number(minor)];
}

/** Orders API versions, the preferred one first: v2, v1, v1beta2, v1alpha1, then other names (`version.CompareKubeAwareVersionStrings`). */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [parse(a), parse(b)];
  if (!one || !other) return one ? -1 : other ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (const [index, part] of one.entries()) {
    const difference = part - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
