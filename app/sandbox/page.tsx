import type { Metadata } from 'next';
import { OpenSandbox } from '#components/sandbox/open-sandbox.tsx';

export const metadata: Metadata = {
  title: 'Sandbox',
  description: 'A Kubernetes cluster network in the page: kubectl, YAML, packets hop by hop.',
};

export default function Page() {
  return (
    <main id="main" className="full">
      <OpenSandbox />
    </main>
  );
}
