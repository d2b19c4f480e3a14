package playhead.peer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.time.LocalDate;
import java.time.OffsetDateTime;

/** What the job needs of a payment. */
record Payment(String transactionId, String customerId, long timeMs, long cents) {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();

  static Payment parse(byte[] bytes) throws IOException {
    String transactionId = null;
    String customerId = null;
    String time = null;
    double amount = Double.NaN;
    try (JsonParser json = JSON.createParser(bytes)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "transaction_id" -> transactionId = json.getText();
          case "customer_id" -> customerId = json.getText();
          case "event_time" -> time = json.getText();
          case "amount" -> amount = json.getDoubleValue();
          default -> json.skipChildren();
        }
      }
    }
    if (transactionId == null || customerId == null || time == null || Double.isNaN(amount))
      throw new IOException("not a payment");
    return new Payment(transactionId, customerId, epochMs(time), Math.round(amount * 100));
  }

  /** RFC 3339; the spelling 2018-04-01T00:00:31.000Z (or without the fraction) without the general parser, which costs more than all else here. */
  static long epochMs(String text) {
    int length = text.length();
    boolean hasMillis = length == 24 && text.charAt(19) == '.';
    if ((length != 20 && !hasMillis) || text.charAt(length - 1) != 'Z')
      return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    long day = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10)).toEpochDay();
    long second = day * 86_400 + number(text, 11, 13) * 3_600 + number(text, 14, 16) * 60 + number(text, 17, 19);
    return second * 1000 + (hasMillis ? number(text, 20, 23) : 0);
  }

  private static int number(String text, int from, int to) {
    int value = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) throw new IllegalArgumentException("not a time: " + text);
      value = 10 * value + digit;
    }
    return value;
  }
}
