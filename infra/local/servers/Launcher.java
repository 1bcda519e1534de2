/*
 * The two servers of the local runtime, one per JVM. In: `kafka <data folder> <port> <properties file>` or `dynamodb
 * <data folder> <port, 0 for any>`. Out: one line `ready <port>` on standard output once requests are served; every
 * other line goes to standard error.
 *
 * Both listen on 127.0.0.1 only. A data folder has one server at a time. The server ends with the process that started
 * it: that process holds our standard input open for as long as it lives.
 *
 * DynamoDB Local's own main class binds all interfaces, answers any Host and sends telemetry, and no option changes
 * the first two. So this class puts its request handler behind a connector of its own, and never loads the class that
 * reports to AWS.
 */
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
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
import org.apache.kafka.common.Uuid;
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
  /** Longer than any pause between two requests of a function, so that a kept-alive connection is not closed during a request. */
  private static final long IDLE_CONNECTION_MS = 600_000;

  /** A strong reference: the JDK drops the level of a logger that is only weakly reachable. */
  private static final Logger SQLITE_LOGGER = Logger.getLogger("com.almworks.sqlite4java");

  private static FileChannel folderLock;

  public static void main(String[] arguments) {
    PrintStream parent = System.out;
    System.setOut(System.err);
    endWithParent();
    try {
      Path folder = Path.of(arguments[1]);
      int port = Integer.parseInt(arguments[2]);
      lock(folder);
      switch (arguments[0]) {
        case "kafka" -> serveKafka(Path.of(arguments[3]), port, parent);
        case "dynamodb" -> serveDynamoDb(folder, port, parent);
        default -> throw new IllegalArgumentException("the server is '" + arguments[0] + "'; allowed are 'kafka' and 'dynamodb'");
      }
    } catch (Throwable failure) {
      failure.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  /** Standard input ends with the parent, also after a SIGKILL. Both servers survive a sudden end without loss. */
  private static void endWithParent() {
    Thread watch = new Thread(() -> {
      try {
        while (System.in.read() >= 0) { }
      } catch (IOException ended) {
        ended.printStackTrace();
      }
      Runtime.getRuntime().halt(0);
    }, "parent-watch");
    watch.setDaemon(true);
    watch.start();
  }

  /** SQLite would let two servers write in one folder. The lock ends with the process, so nothing is left to clean up. */
  private static void lock(Path folder) throws IOException {
    folderLock = FileChannel.open(folder.resolve("in-use.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (folderLock.tryLock() == null) {
      System.err.println("the data folder " + folder + " is in use by another process: stop that process first");
      Runtime.getRuntime().halt(1);
    }
  }

  private static void serveKafka(Path propertiesFile, int port, PrintStream parent) throws Exception {
    Properties properties = new Properties();
    try (InputStream input = Files.newInputStream(propertiesFile)) {
      properties.load(input);
    }
    if (!Files.exists(Path.of(properties.getProperty("log.dirs"), "meta.properties"))) format(propertiesFile);
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "shutdown"));
    server.startup();
    parent.println("ready " + port);
    server.awaitShutdown();
  }

  /** Formats a new cluster with all features that this Kafka version supports, such as the newer group protocol. */
  private static void format(Path propertiesFile) {
    String[] command = {"format", "--cluster-id", Uuid.randomUuid().toString(), "--config", propertiesFile.toString()};
    int status = StorageTool.execute(command, System.err);
    if (status != 0) throw new IllegalStateException("formatting the log folder ended with status " + status);
  }

  private static void serveDynamoDb(Path folder, int port, PrintStream parent) throws Exception {
    SQLITE_LOGGER.setLevel(Level.WARNING);
    boolean inMemory = false;
    boolean sharedByAllAccessKeys = false;
    boolean delayTransientStatuses = false;
    String originsAllowed = null;
    LocalDynamoDBRequestHandler requests =
        new LocalDynamoDBRequestHandler(0, inMemory, folder.toString(), sharedByAllAccessKeys, delayTransientStatuses);
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    connector.setIdleTimeout(IDLE_CONNECTION_MS);
    server.addConnector(connector);
    server.setHandler(new OnlyThisMachine(connector, new LocalDynamoDBServerHandler(requests, originsAllowed)));
    server.start();
    parent.println("ready " + connector.getLocalPort());
    server.join();
  }

  /**
   * A page in a browser on this machine can reach 127.0.0.1 too. But then it sends an Origin header, or, if its own name was
   * rebound to this address, a Host with that name.
   */
  private static final class OnlyThisMachine extends Handler.Wrapper {
    private final ServerConnector connector;

    OnlyThisMachine(ServerConnector connector, Handler handler) {
      super(handler);
      this.connector = connector;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      int port = connector.getLocalPort();
      String host = request.getHeaders().get(HttpHeader.HOST);
      boolean fromHere = host != null && Set.of("127.0.0.1:" + port, "localhost:" + port).contains(host);
      boolean fromPage = request.getHeaders().contains(HttpHeader.ORIGIN);
      if (fromHere && !fromPage) return super.handle(request, response, callback);
      Response.writeError(request, response, callback, HttpStatus.FORBIDDEN_403, "only for programs on this machine");
      return true;
    }
  }
}
