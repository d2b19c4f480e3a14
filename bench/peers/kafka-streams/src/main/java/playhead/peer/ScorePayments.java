package playhead.peer;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Windows of one partition's customers, scores in batches, one output for each payment. The store holds each payment once, under
 * (customer, time) with its offset: deltas and not full values go to its changelog, and what is read twice is counted once.
 * The sums are kept on the heap and built again from the store when the task begins.
 */
final class ScorePayments implements Processor<byte[], byte[], byte[], Output> {
  static final String STORE = "payments";
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER).build();

  private final Model model;
  private final int batchRows;
  private final IntConsumer onSent;

  private final double[] values;
  private final FloatBuffer matrix;
  private final String[] transactions;
  private final byte[][] keys;
  private final long[] timestamps;
  private final ByteArrayOutputStream text = new ByteArrayOutputStream(256);
  private int rows;

  private ProcessorContext<byte[], Output> context;
  private WindowStore<String, byte[]> store;
  private Map<String, Customer> customers;
  private int partition;

  ScorePayments(Model model, int batchRows, IntConsumer onSent) {
    this.model = model;
    this.batchRows = batchRows;
    this.onSent = onSent;
    values = new double[batchRows * Customer.VALUES];
    matrix =
        ByteBuffer.allocateDirect(batchRows * Customer.VALUES * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    transactions = new String[batchRows];
    keys = new byte[batchRows][];
    timestamps = new long[batchRows];
  }

  @Override
  public void init(ProcessorContext<byte[], Output> processorContext) {
    context = processorContext;
    partition = context.taskId().partition();
    rows = 0;
    store = context.getStateStore(STORE);
    restoreCustomers();
    if (batchRows == 1) return;
    PendingRows pending = context.getStateStore(PendingRows.NAME);
    pending.use(context, this::send);
    // A row does not wait for its batch when nothing else comes.
    context.schedule(Duration.ofMillis(1), PunctuationType.WALL_CLOCK_TIME, now -> send());
  }

  private void restoreCustomers() {
    customers = new HashMap<>();
    try (KeyValueIterator<Windowed<String>, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Windowed<String>, byte[]> moment = all.next();
        Customer customer = customers.computeIfAbsent(moment.key.key(), id -> new Customer());
        long time = moment.key.window().start();
        for (int at = 0; at < moment.value.length; at += 16)
          customer.restore(time, Longs.get(moment.value, at + 8), Longs.get(moment.value, at));
      }
    }
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    Payment payment = parsed(record.value());
    Customer customer = customers.computeIfAbsent(payment.customerId(), id -> new Customer());
    long offset = context.recordMetadata().orElseThrow().offset();
    if (customer.add(payment.timeMs(), payment.cents(), offset, values, rows * Customer.VALUES))
      store.put(payment.customerId(), customer.momentBytes(payment.timeMs()), payment.timeMs());
    transactions[rows] = payment.transactionId();
    keys[rows] = record.key();
    timestamps[rows] = record.timestamp();
    if (++rows == batchRows) send();
  }

  private static Payment parsed(byte[] bytes) {
    try {
      return Payment.parse(bytes);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private void send() {
    if (rows == 0) return;
    int sent = rows;
    float[] scores = scores();
    for (int row = 0; row < sent; row++) {
      Output output = new Output(partition, json(row, scores[row]));
      context.forward(new Record<>(keys[row], output, timestamps[row]));
    }
    rows = 0;
    onSent.accept(sent);
  }

  private float[] scores() {
    matrix.clear();
    for (int i = 0; i < rows * Customer.VALUES; i++) matrix.put((float) values[i]);
    matrix.flip();
    try {
      return model.score(matrix, rows);
    } catch (OrtException error) {
      throw new IllegalStateException(error);
    }
  }

  private byte[] json(int row, float score) {
    text.reset();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("transaction_id", transactions[row]);
      json.writeArrayFieldStart("values");
      for (int i = row * Customer.VALUES; i < (row + 1) * Customer.VALUES; i += 2) {
        json.writeNumber((long) values[i]);
        json.writeNumber(values[i + 1]);
      }
      json.writeEndArray();
      json.writeNumberField("score", score);
      json.writeEndObject();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return text.toByteArray();
  }
}
