/** Watches the loss on rows that are not learned from. */
export class EarlyStopping {
  /** The round with the best loss; null when nobody asked. */
  bestIteration: number | null = null;
  isOver = false;
  private bestLoss = Infinity;

  /** Ends after so many rounds without a better loss; 0 for never. */
  constructor(private readonly rounds: number) {}

  see(iteration: number, loss: number): void {
    if (this.rounds === 0) return;
    if (this.bestIteration === null || loss < this.bestLoss) {
      this.bestIteration = iteration;
      this.bestLoss = loss;
    }
    this.isOver = iteration - this.bestIteration >= this.rounds;
  }
}
