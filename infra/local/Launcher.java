import com.almworks.sqlite4java.SQLite;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.Time;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

public final class Launcher {
  public static void main(String[] arguments) throws Exception {
    PrintStream parent = System.out;
    System.setOut(System.err);
    long t0 = System.currentTimeMillis();
    Thread watch = new Thread(() -> { try { while (System.in.read() >= 0) {} } catch (Exception e) {} Runtime.getRuntime().halt(1); });
    watch.setDaemon(true); watch.start();
    switch (arguments[0]) {
      case "kafka" -> {
        Properties p = new Properties();
        try (InputStream in = Files.newInputStream(Path.of(arguments[1]))) { p.load(in); }
        if (!Files.exists(Path.of(p.getProperty("log.dirs"), "meta.properties")))
          StorageTool.execute(new String[] {"format", "-t", arguments[2], "-c", arguments[1]}, System.err);
        System.err.println("formatted " + (System.currentTimeMillis() - t0));
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(p), Time.SYSTEM);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        server.startup();
        parent.println("ready " + (System.currentTimeMillis() - t0));
        server.awaitShutdown();
      }
      case "dynamodb" -> {
        boolean mem = arguments.length > 3;
        Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[1])));
        var h = new LocalDynamoDBServerHandler(new LocalDynamoDBRequestHandler(0, mem, mem ? null : arguments[2], false, false), null);
        server.setHandler(h);
        server.start();
        parent.println("ready " + ((ServerConnector) server.getConnectors()[0]).getLocalPort() + " " + (System.currentTimeMillis() - t0));
        server.join();
      }
    }
  }
}
