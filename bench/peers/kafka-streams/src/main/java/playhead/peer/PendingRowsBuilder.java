package playhead.peer;

import java.util.Map;
import org.apache.kafka.streams.state.StoreBuilder;

/** Nothing to configure: the rows are in the source topic until they are sent. */
final class PendingRowsBuilder implements StoreBuilder<PendingRows> {
  @Override
  public StoreBuilder<PendingRows> withCachingEnabled() {
    return this;
  }

  @Override
  public StoreBuilder<PendingRows> withCachingDisabled() {
    return this;
  }

  @Override
  public StoreBuilder<PendingRows> withLoggingEnabled(Map<String, String> config) {
    throw new UnsupportedOperationException("pending rows are not logged");
  }

  @Override
  public StoreBuilder<PendingRows> withLoggingDisabled() {
    return this;
  }

  @Override
  public PendingRows build() {
    return new PendingRows();
  }

  @Override
  public Map<String, String> logConfig() {
    return Map.of();
  }

  @Override
  public boolean loggingEnabled() {
    return false;
  }

  @Override
  public String name() {
    return PendingRows.NAME;
  }
}
