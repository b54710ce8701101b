export default function Page() {
  return <h1>Hopwise</h1>;
}
