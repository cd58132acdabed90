/** What a request must look like: a comparison (condition.ts), or a combination of matchers. */
export abstract class Matcher {
  abstract holds(): bool;
}

export class AllOf extends Matcher {
  constructor(private readonly matchers: Matcher[]) { super(); }

  holds(): bool { return allHold(this.matchers); }
}

export class AnyOf extends Matcher {
  constructor(private readonly matchers: Matcher[]) { super(); }

  holds(): bool {
    for (let index = 0; index < this.matchers.length; index++) {
      if (unchecked(this.matchers[index]).holds()) return true;
    }
    return false;
  }
}

export class Not extends Matcher {
  constructor(private readonly matcher: Matcher) { super(); }

  holds(): bool { return !this.matcher.holds(); }
}

export function allHold(matchers: Matcher[]): bool {
  for (let index = 0; index < matchers.length; index++) {
    if (!unchecked(matchers[index]).holds()) return false;
  }
  return true;
}
