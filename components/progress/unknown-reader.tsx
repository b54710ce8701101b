/** Said where a page can be read although the database is away: what the reader did before is not gone. */
export function UnknownReader() {
  return (
    <p className="small dim" role="status">
      Your earlier answers cannot be read at the moment: the database may be away. Nothing of them
      is lost, and what you answer now is kept in this browser and sent later.
    </p>
  );
}
