/** Transport protocols as policies name them. */
export type PolicyProtocol = 'TCP' | 'UDP' | 'SCTP';
