package playhead.peer;

import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorNode;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * Lets a processor hold rows back for a batch and yet lose none: Streams flushes its caches before it commits the offsets behind
 * them, and this store is one of those caches. It is what Streams' own record cache does, by the same internal interface; the
 * public one tells a processor nothing of a commit.
 */
final class PendingRows implements StateStore, CachedStateStore<Object, Object> {
  static final String NAME = "pending-rows";
  private Runnable send = () -> {};
  private InternalProcessorContext<?, ?> context;
  private ProcessorNode<?, ?, ?, ?> node;
  private boolean isOpen;

  /** Called by the processor as it begins; `send` forwards the rows that are held back. */
  void use(Object processorContext, Runnable send) {
    this.context = (InternalProcessorContext<?, ?>) processorContext;
    this.node = context.currentNode();
    this.send = send;
  }

  @Override
  public void flushCache() {
    if (context == null) return;
    ProcessorNode<?, ?, ?, ?> before = context.currentNode();
    context.setCurrentNode(node);
    try {
      send.run();
    } finally {
      context.setCurrentNode(before);
    }
  }

  @Override
  public void clearCache() {}

  @Override
  public boolean setFlushListener(CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
    return false;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void init(StateStoreContext storeContext, StateStore root) {
    storeContext.register(root, (key, value) -> {});
    isOpen = true;
  }

  @Override
  public void close() {
    isOpen = false;
    send = () -> {};
  }

  @Override
  public boolean persistent() {
    return false;
  }

  @Override
  public boolean isOpen() {
    return isOpen;
  }
}
