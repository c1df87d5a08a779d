package org.wardkey.app.provider

import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowPendingIntent
import org.wardkey.app.measured
import org.wardkey.app.median
import org.wardkey.app.restrict
import org.wardkey.core.AndroidCaller
import org.wardkey.core.CreateRequest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

/**
 * How long Android's selector waits for this provider: from the framework's request to the answer in a
 * parcel, with everything between them, on a JVM. Numbers for the README go to target/measured.txt.
 */
@RunWith(RobolectricTestRunner::class)
@Config(application = ProviderTestApplication::class)
internal class ServiceCostTest {
    private val application = RuntimeEnvironment.getApplication() as ProviderTestApplication
    private val selector = Selector().also { secure(application) }

    @Before
    fun register() = runBlocking {
        val signers = listOf(sha256(BROWSER_CERTIFICATE))
        val browser = AndroidCaller(BROWSER, signers, null, ORIGIN, clientDataHash())
        repeat(PASSKEYS) { n ->
            val options = creationOptions(account = "clinician-$n@example.org")
            val wanted = CreateRequest(options, conditional = false)
            application.wardkey.provider.create(wanted, browser, application.keys, application.person)
        }
    }

    @Test
    fun `the selector is answered at once`() = assertQuick("")

    /** The tunnel service's name is the one setting that takes some finding out. */
    @Test
    fun `and on a phone where everything is managed`() {
        application.restrict {
            putString("allowed_relying_parties", "example.com, $RP_ID")
            putBoolean("strongbox_required", false)
            putBoolean("pin_fallback_allowed", true)
            putString("tunnel_domain", "cable.wufkweyy3uaxb.com")
            putStringArray("routes", arrayOf("this_phone", "play_services", "scanner"))
            putString("support_contact", "Service desk, extension 100")
        }
        application.wardkey.reconfigure()
        val report = application.wardkey.configuration.value
        assertEquals(emptyList<String>(), report.problems)
        assertEquals("cable.wufkweyy3uaxb.com", report.tunnelDomain)
        assertQuick(", managed")
    }

    private fun assertQuick(where: String) {
        val get = median {
            timed {
                val lines = selector.beginGet(requestOptions()).required().credentialEntries
                assertEquals(PASSKEYS, lines.size)
            }
        }
        measured("begin-get at the service with $PASSKEYS passkeys of the site$where", get)
        assertTrue("$get", get < LIMIT)
        val create = median {
            timed { assertEquals(1, selector.beginCreate(creationOptions()).required().createEntries.size) }
        }
        measured("begin-create at the service with $PASSKEYS passkeys on the phone$where", create)
        assertTrue("$create", create < LIMIT)
    }

    /** Robolectric looks through all PendingIntents it ever made; Android does not. */
    private fun timed(work: () -> Unit): Duration {
        ShadowPendingIntent.reset()
        return measureTime(work)
    }

    private companion object {
        const val PASSKEYS = 50
        val LIMIT = 50.milliseconds
    }
}
