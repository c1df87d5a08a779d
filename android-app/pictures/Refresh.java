import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/**
 * Makes the pictures that README.md shows anew, at a third of their size, from the screenshots of the last
 * {@code mvn -f android-app verify}. Run from the repository's root:
 * {@code java android-app/pictures/Refresh.java}
 */
final class Refresh {
    private static final Pattern PICTURE = Pattern.compile("\"pictures/([a-z-]+\\.png)\"");

    public static void main(String[] arguments) throws IOException {
        Path app = Path.of("android-app");
        var matcher = PICTURE.matcher(Files.readString(app.resolve("README.md")));
        while (matcher.find()) {
            String name = matcher.group(1);
            Path screenshot = app.resolve("target/screenshots").resolve(name);
            if (!Files.exists(screenshot)) {
                throw new IOException(screenshot + " is not there: run the app's tests first");
            }
            BufferedImage small = small(ImageIO.read(screenshot.toFile()));
            ImageIO.write(small, "png", app.resolve("pictures").resolve(name).toFile());
        }
    }

    private static BufferedImage small(BufferedImage whole) {
        int width = whole.getWidth() / 3;
        int height = whole.getHeight() / 3;
        BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Image scaled = whole.getScaledInstance(width, height, Image.SCALE_AREA_AVERAGING);
        small.getGraphics().drawImage(scaled, 0, 0, null);
        return small;
    }
}
