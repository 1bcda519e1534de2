import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own client, for tests: a transactional producer, and a consumer at read_committed to hold other readers against.
 *
 *   Transactions produce BOOTSTRAP TOPIC STEP…    partition 0; prints "<offset> <name>" for each record
 *     ID:send:COUNT:BYTES    records of at least so many bytes, in a transaction of the producer ID, begun if none is open
 *     ID:commit  ID:abort    ends it
 *     -:send:COUNT:BYTES     without a transaction
 *   Transactions read BOOTSTRAP TOPIC             prints "<offset> <name>" of all that is committed
 *
 * A record's value is "<name> " and filling, its name "<ID>-<n>". A transaction that is still open at the end stays open.
 */
public final class Transactions {
    private static final int TRANSACTION_TIMEOUT_MS = 600_000;

    public static void main(String[] given) throws Exception {
        List<String> rest = List.of(given).subList(3, given.length);
        if (given[0].equals("produce")) produce(given[1], given[2], rest);
        else read(given[1], given[2]);
        System.out.flush();
        // No producer is closed: closing one would abort what is open.
        Runtime.getRuntime().halt(0);
    }

    private static void produce(String bootstrap, String topic, List<String> steps) throws Exception {
        Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();
        Map<String, Boolean> open = new HashMap<>();
        int sent = 0;
        for (String step : steps) {
            String[] parts = step.split(":");
            String id = parts[0];
            KafkaProducer<byte[], byte[]> producer = producers.computeIfAbsent(id, each -> producer(bootstrap, each));
            switch (parts[1]) {
                case "send" -> {
                    if (!id.equals("-") && open.put(id, true) == null) producer.beginTransaction();
                    for (int n = 0; n < Integer.parseInt(parts[2]); n++) {
                        String name = id + "-" + sent++;
                        byte[] value = (name + " " + "x".repeat(Integer.parseInt(parts[3]))).getBytes(StandardCharsets.UTF_8);
                        System.out.println(producer.send(new ProducerRecord<>(topic, 0, null, value)).get().offset() + " " + name);
                    }
                }
                case "commit" -> {
                    producer.commitTransaction();
                    open.remove(id);
                }
                case "abort" -> {
                    producer.abortTransaction();
                    open.remove(id);
                }
                default -> throw new IllegalArgumentException(step);
            }
        }
    }

    private static KafkaProducer<byte[], byte[]> producer(String bootstrap, String id) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("key.serializer", ByteArraySerializer.class);
        settings.put("value.serializer", ByteArraySerializer.class);
        settings.put("transaction.timeout.ms", TRANSACTION_TIMEOUT_MS);
        if (!id.equals("-")) settings.put("transactional.id", id);
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings);
        if (!id.equals("-")) producer.initTransactions();
        return producer;
    }

    private static void read(String bootstrap, String topic) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("key.deserializer", ByteArrayDeserializer.class);
        settings.put("value.deserializer", ByteArrayDeserializer.class);
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", false);
        settings.put("group.id", "transactions-test");
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings);
        TopicPartition partition = new TopicPartition(topic, 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        while (consumer.position(partition) < end)
            consumer.poll(Duration.ofMillis(500)).forEach(record -> {
                String value = new String(record.value(), StandardCharsets.UTF_8);
                System.out.println(record.offset() + " " + value.substring(0, value.indexOf(' ')));
            });
    }
}
