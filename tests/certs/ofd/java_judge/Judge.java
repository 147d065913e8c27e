import java.nio.file.Path;
import java.security.Security;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.ofdrw.reader.ContentExtractor;
import org.ofdrw.reader.OFDReader;
import org.ofdrw.sign.verify.OFDValidator;
import org.ofdrw.sign.verify.container.SESV4ValidateContainer;

/** Prints one line per file: VALID and the number of pages and the text of page 1, or INVALID and why. */
public final class Judge {
    public static void main(String[] files) {
        Security.addProvider(new BouncyCastleProvider());
        for (String file : files) {
            System.out.println(judge(file));
        }
    }

    private static String judge(String file) {
        try (OFDReader reader = new OFDReader(Path.of(file));
                OFDValidator validator = new OFDValidator(reader)) {
            validator.setValidator(new SESV4ValidateContainer());
            validator.exeValidate();
            String text = String.join("|", new ContentExtractor(reader).getPageContent(1));
            return "VALID " + reader.getNumberOfPages() + " " + text;
        } catch (Exception | Error refused) {
            return "INVALID " + refused.getClass().getSimpleName() + " " + String.valueOf(refused.getMessage()).replace('\n', ' ');
        }
    }
}
