const TOKEN =
  /\s*(&&|\|\||<<|>>|<=|>=|==|!=|[()[\]&|!=<>+*/%^]|[A-Za-z0-9_.:\\-]+(?:\/[0-9.]+)?|\S)/y;

/** Cuts a filter into words and signs. A dash belongs to a word (`tcp-syn`, `80-90`). */
export class FilterTokens {
  readonly items: string[] = [];
  position = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
      this.items.push(match[1] ?? '');
    }
  }

  peek(): string | undefined {
    return this.items[this.position];
  }

  isAtEnd(): boolean {
    return this.position >= this.items.length;
  }

  skipAll(): void {
    this.position = this.items.length;
  }

  take(text: string): boolean {
    if (this.peek() !== text) return false;
    this.position += 1;
    return true;
  }

  isConnective(): boolean {
    return ['and', 'or', '&&', '||'].includes(this.peek() ?? '');
  }

  takeConnective(): 'and' | 'or' | undefined {
    const word = this.peek();
    if (!this.isConnective()) return undefined;
    this.position += 1;
    return word === 'and' || word === '&&' ? 'and' : 'or';
  }

  /** An identifier; signs and connectives are none. */
  takeWord(): string | undefined {
    const word = this.peek();
    if (word === undefined || this.isConnective() || !/^[A-Za-z0-9_.:\\]/.test(word)) {
      return undefined;
    }
    this.position += 1;
    return word;
  }
}
