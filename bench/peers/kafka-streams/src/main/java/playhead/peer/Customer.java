package playhead.peer;

import java.util.Arrays;

/**
 * One customer's payments of the last 31 days (30 and a day of lateness), in the order of event time, ties in log order, with
 * the sums of three windows kept at the newest one. Money is counted in whole cents, so a sum is exact however it came about.
 */
final class Customer {
  static final int VALUES = 6;
  private static final long DAY = 86_400_000L;
  private static final long[] WIDTHS = {DAY, 7 * DAY, 30 * DAY};
  static final long KEPT_MS = 31 * DAY;

  private long[] times = new long[16];
  private long[] cents = new long[16];
  private long[] offsets = new long[16];
  private int head;
  private int tail;
  private long newestOffset = -1;
  private final int[] starts = new int[WIDTHS.length];
  private final long[] sums = new long[WIDTHS.length];

  /**
   * Counts a payment in, once for each offset, and writes count and mean of (time - width, time] as they were known at that offset: a payment
   * that is read again after a crash, over a store that has seen later ones, gives the same values. False when it was there already.
   */
  boolean add(long time, long cent, long offset, double[] out, int at) {
    if (offset > newestOffset && (head == tail || time >= times[tail - 1])) {
      append(time, cent, offset);
      for (int w = 0; w < WIDTHS.length; w++) write(out, at + 2 * w, tail - starts[w], sums[w]);
      return true;
    }
    boolean isNew = insert(time, cent, offset);
    for (int w = 0; w < WIDTHS.length; w++) {
      int count = 0;
      long sum = 0;
      for (int i = head; i < tail && times[i] <= time; i++) {
        if (times[i] <= time - WIDTHS[w] || offsets[i] > offset) continue;
        count++;
        sum += cents[i];
      }
      write(out, at + 2 * w, count, sum);
    }
    return isNew;
  }

  /** Takes back what the store held, in any order. */
  void restore(long time, long cent, long offset) {
    if (head == tail || (time >= times[tail - 1] && offset > newestOffset)) append(time, cent, offset);
    else insert(time, cent, offset);
  }

  /** Offset and cents of all payments of one moment, as the store keeps them: 16 bytes each. */
  byte[] momentBytes(long time) {
    int first = firstAtOrAfter(time);
    int last = first;
    while (last < tail && times[last] == time) last++;
    byte[] bytes = new byte[16 * (last - first)];
    for (int i = first; i < last; i++) {
      Longs.put(bytes, 16 * (i - first), offsets[i]);
      Longs.put(bytes, 16 * (i - first) + 8, cents[i]);
    }
    return bytes;
  }

  private static void write(double[] out, int at, int count, long sum) {
    out[at] = count;
    out[at + 1] = sum / (count * 100.0);
  }

  private void append(long time, long cent, long offset) {
    for (int w = 0; w < WIDTHS.length; w++) {
      int start = starts[w];
      long sum = sums[w];
      while (start < tail && times[start] <= time - WIDTHS[w]) sum -= cents[start++];
      starts[w] = start;
      sums[w] = sum + cent;
    }
    // After the windows have let go of them.
    while (head < tail && times[head] <= time - KEPT_MS) head++;
    reserve();
    times[tail] = time;
    cents[tail] = cent;
    offsets[tail] = offset;
    tail++;
    newestOffset = Math.max(newestOffset, offset);
  }

  private boolean insert(long time, long cent, long offset) {
    int index = firstAtOrAfter(time);
    while (index < tail && times[index] == time && offsets[index] < offset) index++;
    if (index < tail && times[index] == time && offsets[index] == offset) return false;
    int before = index - head;
    reserve();
    index = head + before;
    System.arraycopy(times, index, times, index + 1, tail - index);
    System.arraycopy(cents, index, cents, index + 1, tail - index);
    System.arraycopy(offsets, index, offsets, index + 1, tail - index);
    times[index] = time;
    cents[index] = cent;
    offsets[index] = offset;
    tail++;
    newestOffset = Math.max(newestOffset, offset);
    for (int w = 0; w < WIDTHS.length; w++) {
      starts[w] = firstAtOrAfter(times[tail - 1] - WIDTHS[w] + 1);
      sums[w] = 0;
      for (int i = starts[w]; i < tail; i++) sums[w] += cents[i];
    }
    return true;
  }

  private int firstAtOrAfter(long time) {
    int low = head;
    int high = tail;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes room for one row behind the others; rows move to the front of the arrays, which grow when they are mostly in use. */
  private void reserve() {
    if (tail < times.length) return;
    int size = tail - head;
    int capacity = size > times.length * 3 / 4 ? times.length * 2 : times.length;
    times = moved(times, capacity);
    cents = moved(cents, capacity);
    offsets = moved(offsets, capacity);
    for (int w = 0; w < WIDTHS.length; w++) starts[w] -= head;
    tail = size;
    head = 0;
  }

  private long[] moved(long[] rows, int capacity) {
    return Arrays.copyOf(Arrays.copyOfRange(rows, head, tail), capacity);
  }
}
