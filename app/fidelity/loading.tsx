export default function Loading() {
  return (
    <main id="main" className="page" aria-busy="true">
      <p className="vh" role="status">
        Loading
      </p>
      <div className="skeleton" aria-hidden="true">
        <span />
        <span />
        <span />
        <span />
        <span />
      </div>
    </main>
  );
}
