import type { KnownViewer } from '#lib/auth/viewer.ts';
import { LogOutIcon, SettingsIcon, UserIcon } from '#components/ui/icons.tsx';

/** `Ada Lovelace` and `ada@example.org` become `AL` and `AD`. */
export function initialsOf({ name, email }: Pick<KnownViewer, 'name' | 'email'>): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const [first, second] = words;
  if (first === undefined) return (email ?? '?').slice(0, 2).toUpperCase();
  return `${first[0] ?? ''}${second?.[0] ?? first[1] ?? ''}`.toUpperCase();
}

interface AccountMenuProps {
  readonly viewer: KnownViewer;
  readonly signOut: (form: FormData) => Promise<void>;
}

/** What belongs to one's account; a native disclosure, so it needs no script. */
export function AccountMenu({ viewer, signOut }: AccountMenuProps) {
  return (
    <details className="account">
      <summary
        className="avatar"
        aria-label={`${initialsOf(viewer)}, account of ${viewer.name || viewer.email || 'you'}`}
      >
        {initialsOf(viewer)}
      </summary>
      <div className="pop account-menu">
        <p className="account-name">
          <b>{viewer.name || viewer.email}</b>
          {viewer.name && <span className="xs dim">{viewer.email}</span>}
        </p>
        <a href="/settings">
          <SettingsIcon size={15} />
          Settings
        </a>
        {viewer.role === 'ADMIN' && (
          <a href="/admin">
            <UserIcon size={15} />
            People and links
          </a>
        )}
        <form action={signOut}>
          <button>
            <LogOutIcon size={15} />
            Sign out
          </button>
        </form>
      </div>
    </details>
  );
}
